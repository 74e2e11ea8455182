"""The vault as a process: what it refuses to start with, how it stops, and what it does while others are away."""

import asyncio
import signal
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest

from backend.cards import tokens
from backend.clock import SystemClock
from backend.db import Database
from backend.errors import ApiError
from backend.networks.iso8583 import Iso8583Connector
from backend.networks.link import Broken, NotSent, VaultLink
from backend.networks.port import Answer
from tests.free_ports import free_ports
from tests.stack import ROOT, Schema
from tests.vaults import ACCOUNT, Vault, network_key, payment, vault_over
from vault import authorize, parts
from vault import line as line_module
from vault.challenge import Directory
from vault.line import Line


def refusal(vault: Vault, **environment: str) -> str:
    """What a vault that must not start says; it has to end with code 1 and one line."""
    ended = subprocess.run([sys.executable, "-m", "vault"], cwd=ROOT, env=vault.environment | environment,
                           capture_output=True, text=True, timeout=30)
    assert ended.returncode == 1, ended
    lines = ended.stderr.strip().splitlines()
    assert len(lines) == 1, ended.stderr
    return lines[0]


def test_a_key_that_others_may_read_is_refused(postgres: Schema) -> None:
    with vault_over(postgres) as vault:
        (vault.places.secrets / "vault-kek.key").chmod(0o644)
        assert "can be read by other users" in refusal(vault)


def test_a_missing_or_cut_key_is_refused(postgres: Schema) -> None:
    with vault_over(postgres) as vault:
        path = vault.places.secrets / "vault-kek.key"
        path.write_bytes(b"short")
        assert "exactly 32 bytes" in refusal(vault)
        path.unlink()
        assert "vault-kek.key" in refusal(vault)


def test_live_mode_refuses_the_sandbox_network(postgres: Schema) -> None:
    with vault_over(postgres) as vault:
        assert "FARTHING_LIVE" in refusal(vault, FARTHING_LIVE="true")


def test_a_missing_database_is_named(postgres: Schema) -> None:
    with vault_over(postgres) as vault:
        assert "VAULT_DATABASE_URL" in refusal(vault, VAULT_DATABASE_URL="")
        away = "postgresql://farthing_vault:x@127.0.0.1:1/farthing?connect_timeout=1"
        assert "database" in refusal(vault, VAULT_DATABASE_URL=away)


def test_a_taken_port_is_named(postgres: Schema) -> None:
    import socket

    with vault_over(postgres) as vault:
        for port, name in ((vault.settings.vault_port, "VAULT_PORT"), (vault.settings.vault_link_port,
                                                                       "VAULT_LINK_PORT")):
            with socket.create_server(("127.0.0.1", port)):
                assert refusal(vault).startswith(f"Port {port} ({name})")


@pytest.fixture
def running(postgres: Schema) -> object:
    with vault_over(postgres) as vault:
        vault.start()
        yield vault


def test_the_process_leaves_no_core_file_and_cannot_be_looked_into(running: Vault) -> None:
    assert running.vault is not None
    limits = Path(f"/proc/{running.vault.pid}/limits").read_text()
    assert any(line.split()[4:6] == ["0", "0"] for line in limits.splitlines() if line.startswith("Max core"))
    script = ("import ctypes; from vault import hardening; hardening.harden(); "
              "print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))")
    asked = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert asked.stdout.strip() == "0"  # PR_GET_DUMPABLE


async def test_a_payment_in_flight_is_finished_before_it_stops(running: Vault) -> None:
    assert running.vault is not None
    link = running.link()
    token = (await link.call("alias", 5, env=running.env, account=ACCOUNT, name="pm_card_visa"))["token"]
    running.control(latency_ms=1200)
    paying = asyncio.create_task(link.call("authorize", 5, **payment(running.env, token)))
    await asyncio.sleep(0.3)
    running.vault.send_signal(signal.SIGTERM)
    await asyncio.sleep(0.3)
    late = await link.call("authorize", 5, **payment(running.env, token))
    assert (late["outcome"], late["reason"]) == ("not_sent", "the vault is stopping")
    assert (await paying)["outcome"] == "approved"
    assert running.vault.wait(10) == 0
    with pytest.raises((NotSent, Broken)):
        await link.call("echo", 1, connector="alder")
    await link.close()


async def test_an_absent_acquirer_means_not_sent_and_the_code_is_kept(running: Vault) -> None:
    assert running.sandbox is not None
    link = running.link()
    token = (await link.call("alias", 5, env=running.env, account=ACCOUNT,
                             name="pm_card_chargeDeclinedIncorrectCvc"))["token"]
    running.sandbox.kill()
    running.sandbox.wait()
    answer = await link.call("authorize", 2, **payment(running.env, token))
    assert (answer["outcome"], answer["code"]) == ("not_sent", None)
    assert (await link.call("echo", 2, connector="alder")) == {"alive": False}
    assert (await link.call("inquire", 2, connector="alder", key=network_key()))["found"] == "no_answer"
    running.start_sandbox()
    until = time.monotonic() + 10
    while (answer := await link.call("authorize", 2, **payment(running.env, token)))["outcome"] == "not_sent":
        assert time.monotonic() < until
        await asyncio.sleep(0.1)
    assert answer["code"] == "incorrect_cvc"
    await link.close()


# ---- in this process, to see inside


class Counting(Database):
    """The real database, counting round trips."""

    calls = 0

    async def call(self, *args: object, **kwargs: object) -> object:
        self.calls += 1
        return await super().call(*args, **kwargs)  # type: ignore[arg-type]


async def test_an_authorisation_costs_one_round_trip(running: Vault) -> None:
    made = parts.build(running.settings)
    counting = Counting(running.settings.vault_database_url, pool_size=2)
    await counting.open()
    await made.db.open()
    object.__setattr__(made.safe, "db", counting)
    line = Line(made)
    port = free_ports(1)[0]
    await line.open("127.0.0.1", port)
    link = VaultLink("127.0.0.1", port, running.settings.secret("vault-link"))
    try:
        token = (await link.call("alias", 5, env=running.env, account=ACCOUNT, name="pm_card_visa"))["token"]
        counting.calls = 0
        assert (await link.call("authorize", 5, **payment(running.env, token)))["outcome"] == "approved"
        assert counting.calls == 1
        assert len(made.safe.cvcs) == 0
        await counting.close()
        away = await link.call("authorize", 5, **payment(running.env, token))
        assert (away["outcome"], away["reason"]) == ("not_sent", "the vault could not read the card")
    finally:
        await link.close()
        await line.close(1)
        await parts.close(made)


class Bursting(Iso8583Connector):
    """The real connector, which breaks after its message has left."""

    async def authorize(self, **kwargs: object) -> Answer:
        await super().authorize(**kwargs)  # type: ignore[arg-type]
        raise RuntimeError("4242424242424242")


async def test_a_connector_that_breaks_leaves_the_outcome_unknown(running: Vault) -> None:
    made = parts.build(running.settings)
    await made.db.open()
    made.connectors["alder"] = Bursting("alder", *running.settings.acquirer_addresses["alder"][1:])
    try:
        shown = await line_module.alias(made, {"env": running.env, "account": ACCOUNT, "name": "pm_card_visa"})
        asked = payment(running.env, shown["token"], deadline=5)
        answer = await authorize.authorize(made, asked)
        assert (answer["outcome"], answer["code"]) == ("unknown", None)
        assert "4242424242424242" not in str(answer)
        assert (await made.connectors["birch"].inquire(key=asked["key"], deadline=5)).found == "not_found"
        assert (await made.connectors["alder"].inquire(key=asked["key"], deadline=5)).found == "approved"
    finally:
        await parts.close(made)


@pytest.mark.parametrize("body", [b"{}", b"[]", b"nonsense", b'{"messageType": "Erro"}', orjson.dumps(
    {"messageType": "ARes", "threeDSServerTransID": "11111111-1111-1111-1111-111111111111", "transStatus": "Y",
     "eci": "05", "authenticationValue": "x"})])
async def test_an_authentication_for_another_transaction_proves_nothing(body: bytes) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
                     b"Content-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
        writer.close()

    mine = "22222222-2222-2222-2222-222222222222"
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    directory = Directory(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", SystemClock())
    try:
        told = await directory.authenticate(tokens.Opened("4242424242424242", 12, 2034, None, None), {
            "three_ds_server_trans_id": mine, "amount": 1, "currency": "usd", "merchant_name": "Test",
            "notification_url": "http://pay.localhost/3ds"})
        assert (told["trans_status"], told["cavv"]) == ("U", None)
        with pytest.raises(ApiError):
            await directory.result(mine)
        assert not await directory.load() or directory.enrolment("4242424242424242") == "not_enrolled"
    finally:
        await directory.close()
        server.close()


async def test_a_silent_stranger_does_not_hold_a_connection(running: Vault) -> None:
    made = parts.build(running.settings)
    line = Line(made, hello_seconds=0.1)
    port = free_ports(1)[0]
    await line.open("127.0.0.1", port)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(reader.readexactly(1), 2)
    finally:
        writer.close()
        await line.close(1)
        await made.directory.close()


def test_nothing_that_holds_secrets_shows_them(running: Vault) -> None:
    made = parts.build(running.settings)
    for name in ("vault-link", "checkout", "vault-fingerprint", "vault-kek"):
        secret = running.settings.secret(name)
        assert str(secret) not in repr(made)
        assert secret.hex() not in repr(made)
    assert isinstance(made.safe, tokens.Safe)
