"""The backup folder: the archived write-ahead log beside the base backups, and how PostgreSQL fills and reads it.

`wal/` belongs to the server, `base/<time>/` to us. The log is archived once there is a base backup to begin from; a
file in the server's own folder says so, because it travels with the folder and cannot be unmounted.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from backend.stack import places as private
from backend.stack import system_user
from backend.stack.trouble import Trouble

FLAG = "farthing.archiving"
SEGMENT = re.compile(r"[0-9A-F]{24}")
_LABEL = re.compile(r"START WAL LOCATION: \S+ \(file ([0-9A-F]{24})\)")


@dataclass(frozen=True, slots=True)
class Base:
    """One base backup. `ended_at` is the earliest moment it can bring back; `segment` the first log file it needs."""

    folder: Path
    ended_at: datetime
    segment: str
    secrets: bool

    @property
    def database(self) -> Path:
        return self.folder / "postgres"


def folder(backup: Path, user: tuple[int, int] | None) -> Path:
    """The folder of archived log, made for the user that PostgreSQL runs as."""
    backup.mkdir(mode=0o711 if user else 0o700, parents=True, exist_ok=True)
    wal = system_user.reachable_folder(backup / "wal", user)
    wal.mkdir(mode=0o700, exist_ok=True)
    if user:
        os.chown(wal, *user)
    return wal


def command(wal: Path) -> str:
    """PostgreSQL's archive_command: compressed, on the disk, and whole before its name appears; never overwritten.

    It fails when the folder is gone, and PostgreSQL then keeps the log until it is back. (It runs in its own folder.)
    """
    to = _quoted(wal)
    return (f"test ! -f {FLAG} || if test -f {to}/%f.gz; then gzip -dc {to}/%f.gz | cmp -s - %p; else "
            f"gzip -1 -c %p > {to}/%f.part && sync {to}/%f.part && mv {to}/%f.part {to}/%f.gz && sync {to}; fi")


def restore_command(wals: list[Path]) -> str:
    """PostgreSQL's restore_command: the first of these folders that has the file."""
    return " || ".join(f"{{ test -f {to}/%f.gz && gzip -dc {to}/%f.gz > %p; }}" for to in map(_quoted, wals))


def _quoted(path: Path) -> str:
    return shlex.quote(str(path)).replace("%", "%%")


def bases(backup: Path) -> list[Base]:
    """Every whole base backup, oldest first."""
    found = []
    for path in sorted((backup / "base").glob("*/backup.json")):
        facts = json.loads(path.read_text())
        found.append(Base(path.parent, datetime.fromisoformat(facts["ended_at"]), facts["segment"], facts["secrets"]))
    return sorted(found, key=lambda base: base.ended_at)


def first_segment(database: Path) -> str:
    """The log file in which a base backup begins."""
    match = _LABEL.search((database / "backup_label").read_text())
    if match is None:
        raise Trouble(f"{database / 'backup_label'} does not name the log file at which the backup begins.")
    return match[1]


def prune(backup: Path, kept: int, tool: Path) -> list[Base]:
    """Remove all but the newest `kept` base backups, then the log that none of these needs; returns the removed."""
    all_of_them = bases(backup)
    gone, rest = all_of_them[:-kept], all_of_them[-kept:]
    for base in gone:
        (base.folder / "backup.json").unlink()  # from here on it is no backup any more, however far the rest comes
        shutil.rmtree(base.folder)
    if gone and (backup / "wal").exists():
        subprocess.run([tool, "-x", ".gz", (backup / "wal").resolve(), rest[0].segment], check=True,
                       capture_output=True, stdin=subprocess.DEVNULL)
    return gone


def swap(fresh: Path, used: Path, aside: Path) -> None:
    """Put `fresh` in the place of `used`, which is kept at `aside`. Whoever starts in between finishes it."""
    fresh.replace(_ready(used))
    private.sync_folder(used.parent)
    if used.exists():
        used.replace(aside)
    finish_swap(used)


def finish_swap(used: Path) -> None:
    """The second rename of a swap, if there is one that was cut off: never begin with an empty database instead."""
    if not used.exists() and _ready(used).exists():
        _ready(used).replace(used)
        private.sync_folder(used.parent)


def _ready(used: Path) -> Path:
    return used.with_name(f"{used.name}.restored")
