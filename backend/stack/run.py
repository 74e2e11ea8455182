"""`farthing run`: everything on this machine, from an empty folder or from whatever a crash left behind."""

import asyncio
import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from backend.config import Settings
from backend.stack import checks, children, console, databases, names, ports, processes, restored
from backend.stack.places import Places, write_private
from backend.stack.redis import Redis
from backend.stack.supervisor import Stopped, Supervisor
from backend.stack.trouble import Trouble, from_os

VALUES = ("api_base", "portal_url", "checkout_url", "elements_url", "vault_url", "bank_url", "shop_url",
          "account", "publishable_key", "secret_key", "portal_email", "portal_password", "second_merchant")
"""What sandbox.json holds, in this order."""


def run(settings: Settings) -> None:
    """Start, print the addresses, watch until Ctrl-C, stop. Raises Trouble with one sentence when that fails."""
    began = time.monotonic()
    supervisor = Supervisor()
    supervisor.listen()
    with alone(settings) as places:
        supervisor.tell = lambda away: tell(places.away, away)
        try:
            values = _start(supervisor, settings, places)
            console.say(console.greeting(values, time.monotonic() - began, _short(places),
                                         loopback_webhooks=settings.loopback_webhooks, mails=_mails(settings),
                                         unknown=names.unknown(settings))
                        if values else f"Farthing is running in live mode; logs are in {places.logs}.")
            supervisor.watch()
            console.say("\nStopping …")
        except Stopped:
            console.say("\nStopped before everything had started.")
        finally:
            supervisor.stop()
    console.say("Stopped.")


@contextmanager
def alone(settings: Settings, *, keys: bool = True) -> Iterator[Places]:
    """The prepared data folder, held by this process alone; file errors inside become one sentence.

    Without `keys` the missing ones are not made: a restore brings its own.
    """
    places = Places(settings.data)
    try:
        places.prepare()
        with places.lock.open("a+") as lock:
            _take(lock, places)
            if keys:
                places.make_keys()
            yield places
    except OSError as error:
        raise from_os(error, places.data) from error


def runs(places: Places) -> bool:
    """True while a supervisor holds this data folder."""
    try:
        with places.lock.open("a+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _take(lock: Any, places: Places) -> None:
    """Lock it. The kernel frees the lock when this process ends, however it ends."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().strip() or "?"
        raise Trouble(f"Farthing already runs on {places.data} (process {holder}): stop it first, or set "
                      "FARTHING_DATA to another folder.") from None
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()


def _start(supervisor: Supervisor, settings: Settings, places: Places) -> dict[str, Any]:
    """Bring everything up in order; returns what the operator wants to know (empty in live mode)."""
    ended = children.end(children.left_behind(places.data))
    if ended:
        console.say(f"Ended {ended} processes that an earlier start had left behind.")
    for port, variable in processes.ports_needed(settings):
        ports.require_free(port, variable)
    if not settings.owner_database_url and not places.postgres.exists():
        console.say("Making an empty database (once) …")
    plan = databases.plan(settings, places)
    outside = processes.sandbox(settings, places)
    console.say("Starting the databases …")
    _add_databases(supervisor, plan)
    supervisor.begin(outside)  # it stands alone, so it may start while we migrate
    settings = plan.connect()
    if settings.live and (found := checks.findings(settings, places)):
        raise Trouble("Live mode refuses to start: " + " ".join(found))
    for warning in checks.warnings(settings):
        console.say(warning)
    console.say("Bringing the schema up to date …")
    migrate(settings)
    values: dict[str, Any] = {} if settings.live else seed(settings, places)
    supervisor.check()
    console.say("Starting the vault …" if settings.live else "Starting the sandbox network and the vault …")
    supervisor.wait(outside)
    vault, *doors = processes.stages(settings, places)
    supervisor.add(vault)
    restored.settle(settings, places)  # before anybody can be told something that the acquirers know better
    console.say("Starting the web process and a worker …")
    for stage in doors:
        supervisor.add(stage)
    return values


def _add_databases(supervisor: Supervisor, plan: databases.Databases) -> None:
    """Start both. A Redis that cannot read its own file loses it: nothing that matters is in there."""
    try:
        supervisor.add(plan.children())
    except Trouble as trouble:
        if plan.redis is None or not _damaged(supervisor, plan.redis):
            raise
        aside = plan.redis.set_aside()
        console.say(f"The file of Redis was damaged and now lies in {aside}; queues are filled again from PostgreSQL. "
                    f"({trouble})")
        supervisor.stop()
        supervisor.children.clear()
        supervisor.add(plan.children())


def _damaged(supervisor: Supervisor, redis: Redis) -> bool:
    dead = [child for child in supervisor.children if child.name == "redis" and child.exit_code() is not None]
    return any("append only file" in line.lower() for child in dead for line in child.said()) and \
        redis.places.redis.exists()


def migrate(settings: Settings) -> None:
    """Bring the schema to its newest version."""
    from backend import migrations  # Alembic and SQLAlchemy are slow to import and not needed to refuse a start

    try:
        migrations.upgrade(settings.owner_database_url)
    except migrations.revisions.WrongRevision as error:
        raise Trouble(str(error)) from error
    except Exception as error:
        raise Trouble(f"The database could not be brought to the newest schema: {_one_line(error)}") from error


def seed(settings: Settings, places: Places) -> dict[str, Any]:
    """The demo merchants, made once; their values also go into sandbox.json, for this user's eyes only."""
    from backend.seed import run as make_demo

    known = {"api_base": settings.api_base, "portal_url": settings.api_base, "checkout_url": settings.pay_base,
             "elements_url": settings.elements_base, "vault_url": settings.vault_base,
             "bank_url": settings.bank_base,
             "shop_url": settings.shop_base} | asyncio.run(make_demo(settings))
    values = {name: known[name] for name in VALUES}
    if places.sandbox() != values:
        write_private(places.sandbox_json, (json.dumps(values, indent=2, ensure_ascii=False) + "\n").encode())
    return values


def tell(file: Path, names: list[str]) -> None:
    """Note which processes are away, for `/readyz`; a disk without room for it loses the note."""
    with suppress(OSError):
        file.write_text("".join(f"{name}\n" for name in names))


def _one_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


def _mails(settings: Settings) -> str:
    """Where mails leave to; empty without a mail server."""
    return f"through {settings.smtp_host}:{settings.smtp_port}, to people" if settings.smtp_host else ""


def _short(places: Places) -> str:
    """The data folder as the operator would type it from here."""
    try:
        return str(places.data.relative_to(os.getcwd()))
    except ValueError:
        return str(places.data)
