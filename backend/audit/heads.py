"""The heads of the audit's blocks, kept in a file outside the database: one JSON line per block (security rule 14).

A chain inside the database cannot see that its own end was cut off, or that the whole database is an older one. This
file can, as long as whoever may write the database may not write it: put AUDIT_HEADS on another disk or host.
"""

import fcntl
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

Head = dict[str, Any]
"""{env, number, hash (hex), rows, at}"""


class Damaged(Exception):
    """A line in the middle of the file is no head: somebody wrote into it."""


def read(path: Path) -> Iterator[Head]:
    """Every head, oldest first; nothing when there is no file. A last line cut off by a crash is no head yet."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                return
            try:
                head = orjson.loads(line)
                yield {"env": int(head["env"]), "number": int(head["number"]), "hash": str(head["hash"])}
            except (ValueError, KeyError, TypeError) as error:
                raise Damaged(f"line {number} of {path} is no head of a block") from error


def append(path: Path, heads: Iterable[Head]) -> None:
    """Write heads at the end and wait until the disk has them; several processes may share the file."""
    lines = b"".join(orjson.dumps(head) + b"\n" for head in heads)
    if not lines:
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            os.ftruncate(descriptor, os.pread(descriptor, size, 0).rfind(b"\n") + 1)  # a line that a crash cut off
        os.write(descriptor, lines)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if fresh:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
