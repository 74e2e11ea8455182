"""Disks that are small enough to be filled: a tmpfs on a folder, with a ballast that takes all the room there is."""

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_BALLAST = "ballast"
_STEPS = (1 << 20, 4096, 1)
"""Bytes that are taken at a time, until not even one is left."""


class CannotMount(Exception):
    """Mounting is not allowed here, so nothing about full disks can be shown; the text says what is needed."""


class SmallDisk:
    """A folder that is a disk of its own."""

    def __init__(self, folder: Path) -> None:
        self._ballast = folder / _BALLAST

    def fill(self) -> None:
        """Take every byte that is free now."""
        with self._ballast.open("ab", buffering=0) as file:
            for step in _STEPS:
                with suppress(OSError):
                    while file.write(bytes(step)):
                        pass

    def empty(self) -> None:
        """Give the room back."""
        self._ballast.unlink(missing_ok=True)

    def full(self) -> bool:
        """True when not a byte can be written."""
        try:
            with self._ballast.open("ab", buffering=0) as file:
                return not file.write(b"x")
        except OSError as error:
            return error.errno == errno.ENOSPC


@contextmanager
def small_disk(folder: Path, mib: int) -> Iterator[SmallDisk]:
    """`folder`, made when it is missing, as a disk of `mib` MiB; gone with all that it holds at the end.

    Raises CannotMount when this process may not mount: it must be root, and outside of most containers.
    """
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=711", "farthing-test", folder],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotMount(f"A small disk cannot be made (mount says: {done.stderr.strip()}). Full disks are tried on "
                          "Linux as root, in a container with --cap-add SYS_ADMIN.")
    try:
        yield SmallDisk(folder)
    finally:
        unmount_below(folder)


def unmount_below(folder: Path) -> None:
    """Take away every disk that is mounted on `folder` or in it, the inner ones first, whoever still has files open."""
    with suppress(OSError):
        mounted = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
        for place in sorted((one for one in mounted if os.path.commonpath([one, folder]) == str(folder)), reverse=True):
            subprocess.run(["umount", "-l", place], check=False, capture_output=True)
