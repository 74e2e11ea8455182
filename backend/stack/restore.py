"""`farthing restore`: a base backup and the archived log into a fresh folder, which then takes the place of the old."""

import json
import os
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from backend.config import Settings
from backend.stack import archive, children, manifests, run, sql, system_user
from backend.stack.backup import refuse_own_server
from backend.stack.console import say
from backend.stack.places import Places, write_private
from backend.stack.postgres import SUPERUSER, Postgres, binaries
from backend.stack.start import bring_up
from backend.stack.trouble import Trouble

_REPLAY_SECONDS_MAX = 24 * 3600.0
_TOO_LATE = "recovery ended before configured recovery target was reached"
_LOG = re.compile(r"[0-9A-F]{24}|[0-9A-F]{8}\.history")


def restore(settings: Settings, source: str | None = None, until: str | None = None,
            seconds_ago: float | None = None) -> None:
    """As of `until` (ISO 8601) or `seconds_ago`, else all that was archived. Trouble while Farthing runs."""
    refuse_own_server(settings, "restore")
    target = _moment(until, seconds_ago)
    with run.alone(settings, keys=False) as places:
        children.end(children.left_behind(places.data))
        home = Path(os.path.abspath(source)) if source else \
            Path(os.path.abspath(settings.backup or places.data / "backup"))
        base = _choose(home, target)
        say(f"Restoring from the base backup {base.folder.name}, as of {target.isoformat() if target else 'its end'}.")
        manifests.check(base.database, binaries() / "pg_waldump")
        say("Every file of it is as its manifest says.")
        _bring_secrets(base, places)
        _restore(Postgres(places, settings.backup, settings.archive_timeout_seconds), home, base, target)
        _put_heads_aside(settings.audit_heads_file)


def _put_heads_aside(heads: Path) -> None:
    """The audit trail was set back, too, so its outside heads speak of blocks that are gone: kept, and begun anew."""
    if heads.exists():
        aside = heads.with_name(f"{heads.name}.before-{datetime.now(UTC).strftime('%Y%m%dT%H%M%SZ')}")
        heads.replace(aside)
        say(f"The heads of the audit trail as it was lie in {aside}: keep them, they prove what was there before.")


def _moment(until: str | None, seconds_ago: float | None) -> datetime | None:
    if until is not None and seconds_ago is not None:
        raise Trouble("Give --until or --seconds-ago, not both.")
    if seconds_ago is not None:
        return datetime.now(UTC) - timedelta(seconds=seconds_ago)
    try:
        return datetime.fromisoformat(until).astimezone(UTC) if until else None
    except ValueError:
        raise Trouble(f"{until!r} is not a moment: write it as 2026-11-21T03:00:00+00:00.") from None


def _choose(home: Path, target: datetime | None) -> archive.Base:
    """The newest that is old enough."""
    every = archive.bases(home)
    fitting = [base for base in every if target is None or base.ended_at <= target]
    if not every:
        raise Trouble(f"There is no base backup in {home / 'base'}: name the folder with --from.")
    if not fitting:
        raise Trouble(f"The oldest base backup ended at {every[0].ended_at.isoformat()}: nothing before that can be "
                      "brought back.")
    return fitting[-1]


def _bring_secrets(base: archive.Base, places: Places) -> None:
    """Put back what is missing. Other keys than the backup's could not read its cards, so they are refused."""
    kept = base.folder / "secrets"
    missing = []
    for path in sorted(kept.iterdir()) if base.secrets else ():
        mine = places.secrets / path.name
        if not mine.exists():
            missing.append(path)
        elif mine.read_bytes() != path.read_bytes():
            raise Trouble(f"{mine} is not the one that the backup was made with: move {places.secrets} away, so that "
                          "the backup's own are put in its place.")
    for path in missing:
        write_private(places.secrets / path.name, path.read_bytes())
    if missing:
        say(f"Put back {len(missing)} keys and passwords into {places.secrets}.")
    if not (places.secrets / f"{SUPERUSER}.password").exists():
        raise Trouble(f"The backup was made without its secrets: put them into {places.secrets} first.")


def _restore(server: Postgres, home: Path, base: archive.Base, target: datetime | None) -> None:
    used, fresh = server.folder, server.folder.with_name(f"{server.folder.name}.restoring")
    archive.finish_swap(used)
    if used.exists():
        server.clear()  # a server that outlived its supervisor
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(base.database, fresh, symlinks=True)
    _bring_log(used, fresh, base)
    (fresh / "recovery.signal").touch()
    (fresh / archive.FLAG).touch()
    _give_all(server, fresh)
    # Also where this folder archives to, whatever was named: a timeline that is taken there must not be taken again.
    wals = [_readable(wal, fresh, server) for wal in dict.fromkeys((home / "wal", server.backup / "wal"))]
    try:
        as_of, short = _replay(server.at(fresh), [wal for wal, _ in wals], target)
    finally:
        for wal, copied in wals:
            if copied:
                shutil.rmtree(wal)
    now = datetime.now(UTC)
    aside = used.with_name(f"{used.name}.before-{now.strftime('%Y%m%dT%H%M%SZ')}")
    write_private(server.places.restored_json, (json.dumps({
        "restored_at": now.isoformat(), "asked_for": target.isoformat() if target else None, "as_of": as_of,
        "base": str(base.folder)}, indent=2) + "\n").encode())
    there_was = used.exists()
    archive.swap(fresh, used, aside)
    if short:
        say("The archived log ends before the moment that was asked for, so all of it was brought back.")
    say(f"The database is as of {as_of or base.ended_at.isoformat()}, when its last transaction was committed.")
    if there_was:
        say(f"The database that was there before lies in {aside}; remove it when you no longer need it.")
    say("Start Farthing now. Before it opens, it asks the acquirers for what they did since then: payments that are "
        "known here are completed, payments that are not are given back.")


def _bring_log(used: Path, fresh: Path, base: archive.Base) -> None:
    """The newest log may not have been archived yet; the old folder still has it, if it is of the same database."""
    control = Path("global") / "pg_control"
    if not (used / control).exists() or _identity(used / control) != _identity(fresh / control):
        return
    for path in sorted((used / "pg_wal").glob("*")):
        if _LOG.fullmatch(path.name) and path.name[8:] >= base.segment[8:]:
            shutil.copyfile(path, fresh / "pg_wal" / path.name)


def _identity(control: Path) -> bytes:
    """The system identifier: the first eight bytes of pg_control."""
    return control.read_bytes()[:8]


def _give_all(server: Postgres, folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        server.give(path)
    folder.chmod(0o700)


def _readable(wal: Path, fresh: Path, server: Postgres) -> tuple[Path, bool]:
    """The archived log where PostgreSQL's user can read it; True when that is a copy to be removed."""
    wal = wal.resolve()
    owner = wal.stat().st_uid if wal.exists() else -1
    if not wal.exists() or server.user is None or (
            owner == server.user[0] and system_user.can_enter(wal, server.user)):
        return wal, False
    copied = fresh.with_name(f"{fresh.name}.wal")
    shutil.rmtree(copied, ignore_errors=True)
    shutil.copytree(wal, copied)
    _give_all(server, copied)
    return copied, True


def _replay(server: Postgres, wals: list[Path], target: datetime | None) -> tuple[str | None, bool]:
    """Run the server until it has replayed the log and stands on its own: (last commit, log ended too early)."""
    options = {"restore_command": archive.restore_command(wals), "recovery_target_action": "promote",
               "hot_standby": "off"}
    child = server.child(options | ({"recovery_target_time": target.isoformat()} if target else {}))
    child.start_seconds = _REPLAY_SECONDS_MAX
    try:
        bring_up([child])
        with sql.connect(server.superuser_url) as link:
            at = sql.last_replayed(link)
    except Trouble:
        if target is None or not any(_TOO_LATE in line for line in child.said()):
            raise
        # Nothing was committed after the moment that was asked for: the end of the log is that moment.
        return _replay(server, wals, None)[0], True
    finally:
        child.stop(600)
    return at.astimezone(UTC).isoformat() if at else None, False
