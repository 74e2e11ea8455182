"""`farthing backup`: a base backup by PostgreSQL's own tool, checked against its manifest, with the keys beside it."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from backend.config import Settings
from backend.stack import archive, databases, manifests, run, sql
from backend.stack.console import say
from backend.stack.places import Places, sync_folder, write_private
from backend.stack.postgres import REPLICATOR, Postgres, binaries, clean_environment
from backend.stack.trouble import Trouble

_OWN_SERVER = ("DATABASE_URL names a server of your own: {verb} it with its own tools, and keep {secrets} with it. "
               "Farthing does this for the embedded PostgreSQL only.")


def refuse_own_server(settings: Settings, verb: str) -> None:
    """Trouble when the database is the operator's."""
    if settings.owner_database_url:
        raise Trouble(_OWN_SERVER.format(verb=verb, secrets=settings.data / "secrets"))


def backup(settings: Settings, to: str | None = None, without_secrets: bool = False) -> None:
    """Take one, running or not; then forget the oldest. Trouble when anything about it is not certain."""
    refuse_own_server(settings, "back up")
    with _reached(settings) as server:
        home = Path(os.path.abspath(to)) if to else server.backup
        base = home / "base"
        base.mkdir(mode=0o700, parents=True, exist_ok=True)
        _begin_archiving(server)
        made = _take(server, base, with_secrets=not without_secrets)
        with sql.connect(server.superuser_url) as link:
            stuck = sql.archiving_failed(link)
    say(f"Backed up to {made}, and checked against its manifest. From {_time(made)} on, any moment can be brought "
        f"back; the log is archived in {(server.backup / 'wal').resolve()}.")
    if home != server.backup:
        say("That log does not go with it: brought back from there, it is as of its end. To take the log along, set "
            "FARTHING_BACKUP instead.")
    say(f"It holds the keys and passwords of {settings.data / 'secrets'}: whoever has this folder can read the stored "
        "cards, so keep it as safe as those." if not without_secrets else
        f"It holds no keys: keep {settings.data / 'secrets'} elsewhere, for without them no stored card can be read.")
    if stuck:
        raise Trouble(f"The log file {stuck} cannot be archived into {server.backup / 'wal'}, so only the moment of "
                      f"this backup can be brought back: see {server.places.log('postgres')}.")
    for gone in archive.prune(home, settings.backups_kept, binaries() / "pg_archivecleanup"):
        say(f"Removed {gone.folder}: BACKUPS_KEPT is {settings.backups_kept}.")


def _time(made: Path) -> str:
    return str(json.loads((made / "backup.json").read_text())["ended_at"])


@contextmanager
def _reached(settings: Settings) -> Iterator[Postgres]:
    """The server of a stack that runs, or started for the length of the block."""
    places = Places(settings.data)
    if run.runs(places):
        yield Postgres(places, settings.backup, settings.archive_timeout_seconds)
        return
    with run.alone(settings) as prepared, databases.running(settings, prepared):
        yield Postgres(prepared, settings.backup, settings.archive_timeout_seconds)


def _begin_archiving(server: Postgres) -> None:
    """Before the backup begins: the log it begins with must already be kept."""
    flag = server.folder / archive.FLAG
    if not flag.exists():
        write_private(flag, b"")
        server.give(flag)


def _take(server: Postgres, base: Path, *, with_secrets: bool) -> Path:
    """Make it beside its final name, so that half a backup is never taken for a whole one."""
    name = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    part = base / f".{name}.part"
    part.mkdir(mode=0o700)
    try:
        _copy(server, part / "postgres")
        manifests.check(part / "postgres", binaries() / "pg_waldump")
        if with_secrets:
            shutil.copytree(server.places.secrets, part / "secrets", ignore=shutil.ignore_patterns(".*"))
        facts = {"ended_at": datetime.now(UTC).isoformat(), "segment": archive.first_segment(part / "postgres"),
                 "secrets": with_secrets}
        write_private(part / "backup.json", (json.dumps(facts, indent=2) + "\n").encode())
        part.replace(base / name)
        sync_folder(base)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return base / name


def _copy(server: Postgres, to: Path) -> None:
    password = server.places.password(REPLICATOR)
    copied = subprocess.run(
        [binaries() / "pg_basebackup", "--dbname", server.url(REPLICATOR, "", "").replace(":@", "@"), "--pgdata", to,
         "--format=plain", "--wal-method=stream", "--checkpoint=fast", "--manifest-checksums=SHA256", "--no-password"],
        env=clean_environment() | {"PGPASSWORD": password}, capture_output=True, text=True, stdin=subprocess.DEVNULL,
        umask=0o077)
    if copied.returncode:
        lines = [line for line in copied.stderr.splitlines() if line.strip()]
        raise Trouble(f"PostgreSQL could not be backed up: {lines[-1] if lines else 'no reason given'}")
