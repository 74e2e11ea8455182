"""What keeps card data out of crash files, swap and memory that nobody uses any more: no core dumps, no tracing by
other processes, memory locked, and overwritten the moment it is given back.
"""

import ctypes
import os
import platform
import resource
import signal
import sys

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4
_SUPERVISED = "FARTHING_STACK"  # set by the supervisor for its children
WIPING = {"PYTHONMALLOC": "malloc", "GLIBC_TUNABLES": "glibc.malloc.perturb=165:glibc.malloc.tcache_count=0"}
"""Every object of Python's lies in glibc's memory, which overwrites what is given back and keeps nothing aside."""
_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4


def wipe_what_is_freed() -> None:
    """Begin this process again, under its own id, with memory that is overwritten when it is given back: strings cannot
    be cleared, but they end. Call it before anything is loaded. Without glibc nothing is done."""
    if platform.libc_ver()[0] != "glibc" or all(os.environ.get(name) == value for name, value in WIPING.items()):
        return
    os.execve(sys.executable, sys.orig_argv, dict(os.environ) | WIPING)  # noqa: S606


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
