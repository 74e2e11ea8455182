"""The data folder: what lies where, who may read it, and the secrets that are made on the first start."""

import hashlib
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from backend.stack.trouble import Trouble

KEYS = ("network", "vault-kek", "vault-fingerprint", "vault-link", "checkout", "portal", "webhook")
"""The 32-byte keys of the processes, kept as `secrets/<name>.key`."""

KEY_BYTES = 32
FREE_BYTES_MIN = 256 * 1024 * 1024
_SOCKET_PATH_BYTES_MAX = 100  # sun_path holds 108 on Linux and 104 on macOS


class Places:
    """Paths under one data folder. Building it touches nothing; `prepare` makes the folders."""

    def __init__(self, data: Path) -> None:
        self.data = Path(os.path.abspath(data))
        self.secrets = self.data / "secrets"
        self.logs = self.data / "logs"
        self.run = self.data / "run"
        self.redis = self.data / "redis"
        self.postgres = self.data / "postgres"
        self.lock = self.data / "run" / "supervisor.lock"
        self.away = self.data / "run" / "away"
        self.sandbox_json = self.data / "sandbox.json"
        self.restored_json = self.data / "restored.json"

    def prepare(self) -> None:
        """Make the folders, private to this user; refuses a disk that is nearly full."""
        self.data.mkdir(parents=True, exist_ok=True)
        # PostgreSQL refuses to be root. Its own user then has to pass through the folder, but may not list it.
        self.data.chmod(0o711 if os.geteuid() == 0 else 0o700)
        for folder in (self.secrets, self.logs, self.redis):
            folder.mkdir(mode=0o700, exist_ok=True)
        self.run.mkdir(mode=0o711, exist_ok=True)
        free = shutil.disk_usage(self.data).free
        if free < FREE_BYTES_MIN:
            raise Trouble(f"The disk that holds {self.data} is full: {free >> 20} MB are free and "
                          f"{FREE_BYTES_MIN >> 20} MB are needed; free some space, or set FARTHING_DATA.")

    def log(self, name: str) -> Path:
        """The file that receives what the process `name` prints."""
        return self.logs / f"{name}.log"

    def pid(self, name: str) -> Path:
        """The file that holds the id of the process `name` while it runs."""
        return self.run / f"{name}.pid"

    def socket_folder(self, name: str) -> Path:
        """A folder for unix sockets: in the data folder when the path fits, else a short one of the same meaning."""
        inside = self.run / name
        if len(os.fsencode(inside)) + len("/.s.PGSQL.5432") <= _SOCKET_PATH_BYTES_MAX:
            return inside
        digest = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"farthing-{os.geteuid()}-{digest}-{name}"

    def make_keys(self) -> None:
        """Create the missing keys; a key that was cut off by a crash of the machine is refused, never replaced."""
        for name in KEYS:
            path = self.secrets / f"{name}.key"
            if not path.exists():
                write_private(path, secrets.token_bytes(KEY_BYTES))
            elif path.stat().st_size != KEY_BYTES:
                raise Trouble(f"{path} is damaged: it must hold {KEY_BYTES} bytes; restore it from a backup.")

    def password(self, name: str) -> str:
        """The generated password of a database role, made on first use and kept as `secrets/<name>.password`."""
        path = self.secrets / f"{name}.password"
        if not path.exists():
            write_private(path, secrets.token_urlsafe(32).encode())
        return path.read_text().strip()

    def sandbox(self) -> dict[str, Any]:
        """What the last start wrote for people and programs, or an empty dictionary."""
        try:
            found = json.loads(self.sandbox_json.read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}


def make_socket_folder(folder: Path, chown: Callable[[Path], None] = lambda _: None) -> None:
    """Make a private folder for sockets; refuses one that somebody else made at the same name."""
    folder.mkdir(mode=0o700, exist_ok=True)
    chown(folder)
    owner = folder.lstat()
    if folder.is_symlink() or (os.geteuid() != 0 and owner.st_uid != os.geteuid()) or owner.st_mode & 0o077:
        raise Trouble(f"{folder} belongs to another user or is open to others: remove it and start again.")


def write_private(path: Path, content: bytes) -> None:
    """Write a file of mode 0600 that is either whole or not there, also after a crash of the machine."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
