"""`python -m tests.patient run`: as `farthing run`, but its supervisor hardly waits.

For storms that kill a process every few seconds: the real supervisor rightly pauses longer after each death. Nothing
else differs.
"""

import sys

import farthing
from backend.stack import supervisor

if __name__ == "__main__":
    supervisor._DELAY_SECONDS = supervisor._DELAY_SECONDS_MAX = 0.1
    raise SystemExit(farthing.main(sys.argv[1:]))
