"""TCP ports for the programs that a test starts: free, and given to no other test that runs at this time.

A port that is only free can be drawn twice before anybody listens on it; the program that comes second then does not
start, once in some dozen whole runs. So what was drawn stays promised until the process that drew it ends.
"""

import fcntl
import functools
import os
import secrets
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from backend.stack.ports import is_free

_OWN = range(12_000, 32_000)
"""Linux takes 32768 and up for outgoing connections, others 49152 and up (RFC 6335): there a port would be gone before
its program listens."""
_promised: set[int] = set()


def free_ports(count: int) -> list[int]:
    """`count` ports."""
    return [free_block(1) for _ in range(count)]


def free_block(count: int) -> int:
    """The first of `count` consecutive ports (the sandbox listens on offsets of one number)."""
    while True:
        first = secrets.choice(_OWN)
        if _promise(range(first, first + count)):
            return first


def _promise(ports: Sequence[int]) -> bool:
    """True when all of `ports` are free and were promised to nobody; now they are. What is promised in vain on the way
    there is lost to us, of twenty thousand."""
    return all(port not in _promised and _lock(port) and is_free(port) for port in ports)


def _lock(port: int) -> bool:
    """Lock one byte of a file that all processes of this user share; the system unlocks it when the process ends."""
    try:
        fcntl.lockf(_file(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    _promised.add(port)
    return True


@functools.cache
def _file() -> BinaryIO:
    """Opened once: closing any handle of it would give all our locks away (POSIX)."""
    return (Path(tempfile.gettempdir()) / f"farthing-ports-{os.getuid()}").open("ab")
