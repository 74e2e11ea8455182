"""Disks that are full: a small file system under the database, and `/dev/full` in place of the logs."""

import os
import shutil
import subprocess
from pathlib import Path

from backend.stack.places import Places

LOGS = ("web", "vault", "worker", "sandbox")
_ROOM = "600m"


class SmallDisk:
    """A file system of memory over a folder that is there; it can be made full, and be given room again."""

    def __init__(self, folder: Path) -> None:
        """Raises CalledProcessError where mounting is refused. What the folder holds moves into it."""
        self.folder, self._aside = folder, folder.with_name(f"{folder.name}.aside")
        folder.rename(self._aside)
        folder.mkdir()
        try:
            self._mount(f"size={_ROOM}")
        except subprocess.CalledProcessError:
            folder.rmdir()
            self._aside.rename(folder)
            raise
        subprocess.run(["cp", "-a", f"{self._aside}/.", str(folder)], check=True)

    def fill(self) -> None:
        """From now on there is no room, without a byte written for it."""
        used = shutil.disk_usage(self.folder).used
        self._mount(f"remount,size={used}")

    def free(self) -> None:
        self._mount(f"remount,size={_ROOM}")

    def remove(self) -> None:
        subprocess.run(["umount", "-l", str(self.folder)], check=True, capture_output=True)

    def _mount(self, options: str) -> None:
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.folder)], check=True,
                       capture_output=True)


def can_mount() -> bool:
    """Whether this user may mount: root outside a closed container."""
    return subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0 and os.geteuid() == 0


def fill_logs(places: Places) -> None:
    """Every process that starts from now on finds no room for its log, as on a disk of its own that is full."""
    for name in LOGS:
        places.log(name).unlink(missing_ok=True)
        places.log(name).symlink_to("/dev/full")
