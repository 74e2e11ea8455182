"""What keeps card data out of crash files and swap: no core dumps, no tracing by other processes, memory locked."""

import ctypes
import os
import resource
import signal
import sys

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4
_SUPERVISED = "FARTHING_STACK"  # set by the supervisor for its children
_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4


def harden() -> None:
    """Do what the system allows; core dumps are off on every system."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    # Now nobody can look into this process, so the next supervisor could not recognise it as a killed one's leftover:
    # it ends together with its own.
    if _SUPERVISED in os.environ:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    # With a finite limit a later allocation would fail, so memory is locked only where there is none.
    if resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] == resource.RLIM_INFINITY:
        libc.mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT)
