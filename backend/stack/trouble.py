"""The one kind of failure of the stack: something that stops it, said in one sentence that a person can act on."""

import errno
from pathlib import Path


class Trouble(Exception):
    """Stops the start (or the run). Its text is one sentence for the operator's console."""


def from_os(error: OSError, path: Path) -> Trouble:
    """The sentence for a file system that refused us while we worked in `path`."""
    where = error.filename or path
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return Trouble(f"The disk that holds {path} is full: free some space, or point FARTHING_DATA elsewhere.")
        case errno.EACCES | errno.EPERM:
            return Trouble(f"{where} may not be written by this user: change its owner, or set FARTHING_DATA.")
        case errno.EROFS:
            return Trouble(f"{where} is on a read-only disk: point FARTHING_DATA at a folder that can be written.")
    return Trouble(f"{where} could not be used: {error.strerror or error}.")
