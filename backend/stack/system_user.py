"""Running PostgreSQL when we are root: which user it becomes, and where that user can reach its files."""

import os
import pwd
import secrets
import shutil
import stat
import subprocess
from pathlib import Path
from typing import TypedDict

from backend.stack.trouble import Trouble

NAME = "pgserver"
SHELTER = Path("/var/lib/farthing")
"""Where files go, as root only, when the data folder or the packages lie below a closed folder such as /root."""


class Arguments(TypedDict, total=False):
    """Keyword arguments of subprocess that change the user."""

    user: int
    group: int
    extra_groups: list[int]


def arguments(user: tuple[int, int] | None) -> Arguments:
    """`user` as keyword arguments of subprocess; nothing for ourselves."""
    return {"user": user[0], "group": user[1], "extra_groups": []} if user else {}


def for_postgres() -> tuple[int, int] | None:
    """(uid, gid) for PostgreSQL: None for ourselves, or a system user that is made on first need when we are root."""
    if os.geteuid() != 0:
        return None
    try:
        found = pwd.getpwnam(NAME)
    except KeyError:
        found = _create()
    return found.pw_uid, found.pw_gid


def _create() -> pwd.struct_passwd:
    tool = shutil.which("useradd") or "/usr/sbin/useradd"
    try:
        subprocess.run([tool, "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME],
                       check=True, capture_output=True, stdin=subprocess.DEVNULL)
        return pwd.getpwnam(NAME)
    except (OSError, subprocess.CalledProcessError, KeyError) as error:
        raise Trouble(f"PostgreSQL refuses to run as root and the system user {NAME} could not be made: run as an "
                      f"ordinary user, or make it with 'useradd --system {NAME}'.") from error


def can_enter(path: Path, user: tuple[int, int]) -> bool:
    """True when `user` may pass through `path` and every folder above it."""
    return all(_may_pass(folder.stat(), user) for folder in (path, *path.parents) if folder.exists())


def _may_pass(found: os.stat_result, user: tuple[int, int]) -> bool:
    if found.st_uid == user[0]:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid == user[1]:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)


def reachable_folder(wanted: Path, user: tuple[int, int] | None) -> Path:
    """`wanted`, or the folder that a link at `wanted` names when `user` cannot enter the way to it.

    The name of the substitute is drawn by chance, so that a removed data folder never finds its old database again.
    """
    if wanted.is_symlink():
        return wanted.resolve()
    if user is None or wanted.exists() or can_enter(wanted.parent, user):
        return wanted
    shelter = SHELTER / secrets.token_hex(8)
    SHELTER.mkdir(mode=0o755, parents=True, exist_ok=True)
    shelter.mkdir()
    for folder in (SHELTER, shelter):
        folder.chmod(0o711)
    wanted.symlink_to(shelter / wanted.name)
    return shelter / wanted.name
