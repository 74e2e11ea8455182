"""`python -m tests.patient run`: as `farthing run`, but its supervisor never gives up and hardly waits.

For storms that kill a process every few seconds: the real supervisor rightly stops everything after six deaths of one
process within a minute. Nothing else differs.
"""

import sys

import farthing
from backend.stack import supervisor

if __name__ == "__main__":
    supervisor.RESTARTS_MAX = sys.maxsize
    supervisor._DELAY_SECONDS = supervisor._DELAY_SECONDS_MAX = 0.1
    raise SystemExit(farthing.main(sys.argv[1:]))
