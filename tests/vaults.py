"""A vault for tests: real processes over a fresh database, with a sandbox network of its own."""

import hashlib
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import psycopg

from backend.config import Settings
from backend.networks.link import VaultLink
from backend.stack import ports, roles
from backend.stack.places import Places
from tests.free_ports import free_block, free_ports
from tests.nursery import Process
from tests.stack import Schema, temporary_folder

SECRET_KEY, PUBLISHABLE_KEY = "sk_test_" + "s" * 40, "pk_test_" + "p" * 40
ACCOUNT = "acct_vault"


@dataclass
class Vault:
    """Sandbox and vault, stopped and started by the test; `env` is the environment of ACCOUNT."""

    places: Places
    settings: Settings
    urls: roles.Urls
    env: int
    environment: dict[str, str]
    sandbox: Process | None = None
    vault: Process | None = None

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.settings.vault_port}"

    def start(self) -> None:
        """Both processes, ready to be asked."""
        self.sandbox, self.vault = self._spawn("sandbox"), self._spawn("vault")
        self._ready("sandbox", self.sandbox, self.settings.sandbox_port)
        self._ready("vault", self.vault, self.settings.vault_port)

    def start_sandbox(self) -> None:
        self.sandbox = self._spawn("sandbox")
        self._ready("sandbox", self.sandbox, self.settings.sandbox_port)

    def start_vault(self) -> None:
        self.vault = self._spawn("vault")
        self._ready("vault", self.vault, self.settings.vault_port)

    def _spawn(self, name: str) -> Process:
        return Process(name, self.places.data, self.environment, self.places.log(name))

    def _ready(self, name: str, process: Process, port: int) -> None:
        """Wait until it answers on `port`; one that ends before that fails the test with what it printed."""
        def answers() -> bool:
            assert process.poll() is None, f"the {name} ended: {self.places.log(name).read_text()[-2000:]}"
            return ports.answers(port)

        wait(answers, f"the {name}")

    def stop(self) -> None:
        running = [process for process in (self.vault, self.sandbox) if process and process.poll() is None]
        for process in running:
            process.terminate()
        for process in running:
            process.wait(30)

    def log(self) -> str:
        return self.places.log("vault").read_text()

    def link(self) -> VaultLink:
        return VaultLink("127.0.0.1", self.settings.vault_link_port, self.settings.secret("vault-link"))

    def control(self, **wish: Any) -> None:
        """Set latency and faults of the sandbox's acquirers."""
        with httpx2.Client(trust_env=False) as client:
            client.post(f"http://127.0.0.1:{self.settings.sandbox_port}/control", json=wish).raise_for_status()


@contextmanager
def vault_over(schema: Schema, **environment: str) -> Iterator[Vault]:
    """A vault that is set up but not started."""
    urls = schema.fresh()
    with temporary_folder() as folder:
        places = Places(folder)
        places.prepare()
        places.make_keys()
        port, vault_port, link_port = free_ports(3)
        variables = {
            "FARTHING_DATA": str(places.data), "PORT": str(port), "VAULT_PORT": str(vault_port),
            "VAULT_LINK_PORT": str(link_port), "SANDBOX_PORT": str(free_block(12)),
            "VAULT_DATABASE_URL": urls.vault, "PYTHONUNBUFFERED": "1", "ACQUIRER_TIMEOUT_SECONDS": "4"} | environment
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "PYTHONPATH")}
        made = Vault(places, Settings(**variables), urls, seed(urls), kept | variables)
        try:
            yield made
        finally:
            made.stop()
            schema.drop(urls)


def seed(urls: roles.Urls, account: str = ACCOUNT, mode: str = "test", *, keys: bool = True) -> int:
    """An account with one environment and its two keys; returns the environment."""
    with psycopg.connect(urls.owner, autocommit=True) as link:
        link.execute("INSERT INTO core.account (id, name) VALUES (%s, 'Test') ON CONFLICT DO NOTHING", (account,))
        row = link.execute("INSERT INTO core.environment (account_id, mode) VALUES (%s, %s) RETURNING id",
                           (account, mode)).fetchone()
        assert row is not None
        for kind, key in (("secret", SECRET_KEY), ("publishable", PUBLISHABLE_KEY)) if keys else ():
            link.execute("INSERT INTO core.api_key (id, env, kind, hash, prefix, last4) "
                         "VALUES (%s, %s, %s, %s, '', '')",
                         (f"key_{kind}", row[0], kind, hashlib.sha256(key.encode()).digest()))
        return int(row[0])


def network_key() -> str:
    """A network key that nobody used."""
    return secrets.token_hex(32)


def payment(env: int, token: str, **other: Any) -> dict[str, Any]:
    """The fields of an `authorize`, with `other` instead."""
    return {"env": env, "token": token, "connector": "alder", "key": network_key(), "amount": 1999, "currency": "usd",
            "capture": True, "merchant_id": ACCOUNT, "merchant_name": "Test", "three_d_secure": None} | other


def wait(true: Callable[[], bool], what: str, seconds: float = 120.0) -> None:
    """Wait until `true()` holds."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, f"{what}: not so after {seconds} s"
        time.sleep(0.02)
