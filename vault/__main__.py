"""`python -m vault`: start the vault, serve until SIGTERM or Ctrl-C, finish what is in flight, stop."""

import sys

from vault import hardening

if __name__ == "__main__":
    hardening.wipe_what_is_freed()
    from vault import process

    sys.exit(process.main())
