"""The real thing for tests: the whole stack in a folder of its own on free ports, or only its PostgreSQL."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg

from backend.stack import children, roles, sql
from backend.stack.places import Places
from backend.stack.postgres import Postgres
from backend.stack.redis import Redis
from backend.stack.start import bring_up
from tests import watchdog
from tests.free_ports import free_block, free_ports
from tests.templates import furnished

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 300.0
BUDGETS = "payment=5/24h,card=500/10m,block=500/10m,bin=500/10m,link=500/10m,merchant=500/10m"
"""Declines that tests of other things may bring about together, all from one address with a few test cards."""
_SETTINGS = ("DATABASE_URL", "APP_DATABASE_URL", "VAULT_DATABASE_URL", "AUDITOR_DATABASE_URL", "REDIS_URL",
             "API_BASE", "PAY_BASE", "ELEMENTS_BASE", "BANK_BASE", "BANK_INTERNAL", "ACQUIRERS", "FARTHING_LIVE",
             "SHOP_BASE", "SHOP_PORT", "AUDIT_HEADS", "CRASH_AT", children.MARK)
_CARELESS = {"archive_mode": "off", "autovacuum": "off", "max_wal_size": "256MB"}
MEMORY, ROOM_BYTES = Path("/dev/shm"), 6 * 1024**3
CHROMIUM_ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update",
                      "--disable-sync", "--no-first-run"]


class DidNotStart(Exception):
    """The stack ended before it was up; the text is what it printed."""


class Stack:
    """`farthing run` as a subprocess. Kill its parts, kill it whole, start it again: the data folder stays."""

    program = "farthing"

    def __init__(self, folder: Path, **settings: str) -> None:
        """`settings` are environment variables that differ from a laptop's."""
        self.places = Places(folder)
        self.port, self.vault_port, self.vault_link_port = free_ports(3)
        self.sandbox_port = free_block(12)
        self.shop_port = self.sandbox_port + 1
        self.settings = settings
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Start it and wait until it is up; returns the seconds. Raises DidNotStart with what it printed."""
        began = time.monotonic()
        with self.output_file.open("ab") as output:
            begin = output.tell()
            self.process = subprocess.Popen(
                [sys.executable, "-m", self.program, "run"], cwd=ROOT, env=self.environment(),
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)
        while time.monotonic() - began < START_SECONDS:
            printed = self.output_file.read_bytes()[begin:].decode()
            if "Farthing is running" in printed:
                return time.monotonic() - began
            if self.process.poll() is not None:
                raise DidNotStart(printed.strip())
            time.sleep(0.02)
        self.kill_all()
        raise DidNotStart(f"not up after {START_SECONDS} s: {self.output()}")

    def environment(self) -> dict[str, str]:
        """What the supervisor is started with; the settings of whoever runs the tests do not leak in."""
        inherited = {name: value for name, value in os.environ.items() if name not in _SETTINGS}
        return inherited | {
            "FARTHING_DATA": str(self.places.data), "PORT": str(self.port), "VAULT_PORT": str(self.vault_port),
            "VAULT_LINK_PORT": str(self.vault_link_port), "SANDBOX_PORT": str(self.sandbox_port),
            "DECLINE_BUDGETS_TEST": BUDGETS, "FARTHING_ALLOW_PRIVATE_WEBHOOKS": "true"} | self.settings

    @property
    def output_file(self) -> Path:
        return self.places.data.parent / f"{self.places.data.name}.out"

    def output(self) -> str:
        """Everything the supervisor has printed so far."""
        return self.output_file.read_text()

    @property
    def values(self) -> dict[str, Any]:
        """The content of sandbox.json: addresses, keys, the portal's login."""
        return self.places.sandbox()

    @property
    def secret_key(self) -> str:
        return str(self.values["secret_key"])

    @property
    def publishable_key(self) -> str:
        return str(self.values["publishable_key"])

    @property
    def api_base(self) -> str:
        """As the official clients get it: the loopback address, which answers as the API as well."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def urls(self) -> roles.Urls:
        """The database as each of the four roles."""
        server = Postgres(self.places)
        return roles.Urls(*(server.url(role, self.places.password(role), roles.DATABASE)
                            for role in (roles.OWNER, roles.APP, roles.VAULT, roles.AUDITOR)))

    @property
    def redis_url(self) -> str:
        return Redis(self.places).url

    def log(self, name: str) -> str:
        """Everything that the process `name` has logged."""
        return self.places.log(name).read_text(errors="replace")

    def pid(self, name: str) -> int:
        """The id of postgres, redis, sandbox, vault, web or worker; 0 while it is away."""
        with suppress(OSError, ValueError):
            return int(self.places.pid(name).read_text())
        return 0

    def kill(self, name: str) -> None:
        """SIGKILL one process; the supervisor brings it back. Raises ProcessLookupError while it is away."""
        self.send(name, signal.SIGKILL)

    def send(self, name: str, number: int) -> None:
        """A signal for one process. Raises ProcessLookupError while it is away: to the system 0 means all of ours."""
        if not (pid := self.pid(name)):
            raise ProcessLookupError(f"{name} is away")
        os.kill(pid, number)

    def kill_and_wait(self, name: str, seconds: float = 120) -> None:
        """SIGKILL one process and wait until it is back."""
        before, back = self.pid(name), self.output().count(f"{name} is back")
        self.kill(name)
        self.wait(lambda: self.pid(name) not in (0, before) and self.output().count(f"{name} is back") > back, seconds)

    def kill_all(self) -> None:
        """SIGKILL the supervisor and everything that works for this data folder, as a power cut would."""
        if self.process is None:
            return
        server = Postgres(self.places)
        found = [psutil.Process(self.process.pid)] if self.process.poll() is None else []
        found += children.left_behind(self.places.data)
        found += children.working_in(server.folder, "postgres") + children.working_in(self.places.redis, "redis")
        for process in found:
            with suppress(psutil.Error):
                process.kill()
        self.process.wait()
        self.wait(lambda: not children.working_in(server.folder, "postgres"))

    def stop(self) -> tuple[int, float]:
        """Ctrl-C; returns the exit code and the seconds."""
        if self.process is None:
            return 0, 0.0
        began = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(60), time.monotonic() - began

    def wait(self, true: Callable[[], bool], seconds: float = 120.0) -> None:
        """Wait until `true()` holds; fails with the supervisor's output when it never does."""
        until = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < until, f"not so after {seconds} s; the supervisor printed:\n{self.output()}"
            time.sleep(0.02)


class Schema:
    """An embedded PostgreSQL with the roles and the newest schema, without any of our processes.

    It archives nothing, and looks after no tables of its own accord: it would be at that all the time, for so many.
    """

    def __init__(self, folder: Path) -> None:
        self.places = Places(folder)
        self.server = furnished(self.places)
        self.child = self.server.child(_CARELESS)
        self._copies = 0
        # Copying files needs checkpoints, which cost nothing in memory and much on a disk.
        self._strategy = "file_copy" if MEMORY in self.server.folder.parents else "wal_log"

    def start(self) -> None:
        bring_up([self.child])
        self.urls = roles.embedded(self.server, self.places)

    def fresh(self, template: str = roles.DATABASE) -> roles.Urls:
        """A database of its own with the newest schema and no rows, copied in a few milliseconds; or a copy of
        `template`, to which nobody may be connected."""
        self._copies += 1
        name = f"farthing_{self._copies}"
        with sql.connect(self.server.superuser_url) as link:
            link.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER {roles.OWNER} STRATEGY {self._strategy}")
        return roles.Urls(*(self.server.url(role, self.places.password(role), name)
                            for role in (roles.OWNER, roles.APP, roles.VAULT, roles.AUDITOR)))


    def drop(self, urls: roles.Urls) -> None:
        """Done with a database of `fresh`."""
        name = psycopg.conninfo.conninfo_to_dict(urls.owner)["dbname"]
        with sql.connect(self.server.superuser_url) as link:
            link.execute(f"DROP DATABASE {name} WITH (FORCE)")


class PatientStack(Stack):
    """A stack whose supervisor brings back what is killed, however often, and soon."""

    program = "tests.patient"


@contextmanager
def running(kind: type[Stack] = Stack, **settings: str) -> Iterator[Stack]:
    """A stack of its own, started, and stopped at the end with everything that it kept."""
    with temporary_folder() as folder:
        made = kind(folder, **settings)
        furnished(made.places)
        try:
            made.start()
            yield made
        finally:
            made.stop()


@contextmanager
def bare_database() -> Iterator[Schema]:
    """A PostgreSQL with the newest schema and none of our processes, stopped at the end."""
    with temporary_folder() as folder:
        schema = Schema(folder)
        try:
            schema.start()
            yield schema
        finally:
            schema.child.stop()


@contextmanager
def temporary_folder(name: str = "data", *, on_disk: bool = False) -> Iterator[Path]:
    """A path for a data folder that PostgreSQL's own user can reach, too; removed at the end.

    When this process is killed before, what works in it is ended and it is removed all the same. `on_disk` where the
    disk is what is measured.
    """
    outer = Path(tempfile.mkdtemp(prefix="farthing-", dir=None if on_disk else _in_memory()))
    outer.chmod(0o711)
    watchdog.begin(outer)
    try:
        yield outer / name
    finally:
        shutil.rmtree(outer, ignore_errors=True)
        watchdog.over(outer)


def _in_memory() -> Path | None:
    """Where files need no disk, while there is plenty of room: a database is hundreds of files, and a file system may
    take longer to make them than all that a test does with them. Else None: the place of temporary files."""
    if not MEMORY.is_dir():
        return None
    room = min(shutil.disk_usage(MEMORY).free, psutil.virtual_memory().available)
    return MEMORY if room > ROOM_BYTES else None


def chromium() -> dict[str, Any]:
    """Arguments for Playwright's `chromium.launch`: the system's browser when there is one, else Playwright's."""
    names = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    return {"args": CHROMIUM_ARGUMENTS} | ({"executable_path": path} if path else {})


def read_json(path: Path) -> Any:
    """A JSON file's content."""
    return json.loads(path.read_text())
