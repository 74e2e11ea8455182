"""The connector against the real sandbox acquirer, over TCP: every outcome, and nothing lost by kill -9."""

import asyncio
import itertools
import json
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import httpx2
import pytest

from backend.networks import dialect
from backend.networks.iso8583 import Iso8583Connector
from backend.networks.port import Answer, Card, Outcome, ThreeDSecure
from tests.network import ROOT, Network

GOOD = Card("4242424242424242", 12, 2034, "123")
_numbers = itertools.count(1)


def fresh_key() -> str:
    return f"{next(_numbers):064x}"


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    running = Network(tmp_path_factory.mktemp("network")).start()
    yield running
    if running.process is not None:
        running.stop()


@pytest.fixture
async def alder(network: Network) -> AsyncIterator[Iso8583Connector]:
    network.control()
    connector = Iso8583Connector("alder", "127.0.0.1", network.alder)
    yield connector
    await connector.close()


async def pay(connector: Iso8583Connector, key: str, *, card: Card = GOOD, amount: int = 1000, capture: bool = False,
              currency: str = "usd", three_d_secure: ThreeDSecure | None = None, deadline: float = 5.0) -> Answer:
    return await connector.authorize(key=key, card=card, amount=amount, currency=currency, merchant_id="acct_1",
                                     merchant_name="Café Ünal", three_d_secure=three_d_secure, capture=capture,
                                     deadline=deadline)


async def test_an_approval_carries_everything(alder: Iso8583Connector, network: Network) -> None:
    key = fresh_key()
    card = Card("4000000000000036", 12, 2034, "123", "SW1A 1AA", "1 High Street")
    answer = await pay(alder, key, card=card, amount=1999, currency="EUR")
    assert answer.outcome is Outcome.APPROVED
    assert (answer.cvc_check, answer.postal_check, answer.line1_check) == ("pass", "fail", "pass")
    assert answer.acquirer_ref
    assert len(answer.acquirer_ref) == 12
    assert answer.authorization_code
    assert len(answer.authorization_code) == 6
    assert answer.network_transaction_id
    assert len(answer.network_transaction_id) == 15
    status = await alder.inquire(key=key, deadline=5)
    assert (status.found, status.amount, status.currency) == ("approved", 1999, "EUR")
    assert status.acquirer_ref == answer.acquirer_ref
    assert network.journal()[key] == {
        "connector": "alder", "network_key": key, "acquirer_ref": answer.acquirer_ref, "kind": "authorize",
        "amount": 1999, "currency": "EUR", "status": "approved"}


async def test_checks_that_were_not_asked_for_are_none(alder: Iso8583Connector) -> None:
    answer = await pay(alder, fresh_key(), card=Card("4242424242424242", 12, 2034))
    assert (answer.cvc_check, answer.postal_check, answer.line1_check) == (None, None, None)


async def test_a_decline_is_a_decline(alder: Iso8583Connector, network: Network) -> None:
    key = fresh_key()
    answer = await pay(alder, key, card=Card("4000000000009995", 12, 2034, "123"), capture=True)
    assert (answer.outcome, answer.response_code) == (Outcome.DECLINED, "51")
    assert (await alder.inquire(key=key, deadline=5)).response_code == "51"
    assert network.journal()[key]["status"] == "declined"


async def test_the_whole_life_of_a_payment(alder: Iso8583Connector, network: Network) -> None:
    auth, capture, refund, void = (fresh_key() for _ in range(4))
    assert (await pay(alder, auth)).outcome is Outcome.APPROVED
    money = {"amount": 600, "currency": "usd", "deadline": 5.0}
    assert (await alder.capture(key=capture, original_key=auth, **money)).outcome is Outcome.APPROVED
    assert (await alder.refund(key=refund, original_key=capture, **money)).outcome is Outcome.APPROVED
    late = await alder.void(key=void, original_key=auth, amount=1000, currency="usd", deadline=5)
    assert (late.outcome, late.response_code) == (Outcome.DECLINED, "12")
    journal = network.journal()
    assert [(journal[k]["kind"], journal[k]["status"]) for k in (auth, capture, refund, void)] == [
        ("authorize", "approved"), ("capture", "approved"), ("refund", "approved"), ("void", "declined")]


async def test_a_refund_that_is_decided_later_is_decided_after_a_crash_as_well(
        alder: Iso8583Connector, network: Network) -> None:
    sale, refund, returned = (fresh_key() for _ in range(3))
    network.control(refund_ms=60_000)
    money = {"amount": 1000, "currency": "usd", "deadline": 5.0}
    await pay(alder, sale, card=Card("4000000000007726", 12, 2034), capture=True)
    assert (await alder.refund(key=refund, original_key=sale, **money)).outcome is Outcome.PENDING
    assert (await alder.refund(key=refund, original_key=sale, **money)).outcome is Outcome.PENDING
    assert (await alder.inquire(key=refund, deadline=5)).found == "pending"
    over = await alder.refund(key=fresh_key(), original_key=sale, **money | {"amount": 1})
    assert (over.outcome, over.response_code) == (Outcome.DECLINED, "12")
    await pay(alder, returned, card=Card("4000000000005126", 12, 2034), capture=True)
    back = fresh_key()
    assert (await alder.refund(key=back, original_key=returned, **money)).outcome is Outcome.APPROVED
    network.stop(signal.SIGKILL)
    network.start()
    network.control(refund_ms=1)
    while (await alder.inquire(key=back, deadline=5)).found != "returned":
        await asyncio.sleep(0.1)
    assert (await alder.inquire(key=back, deadline=5)).response_code == "54"
    assert (await alder.inquire(key=refund, deadline=5)).found == "approved"
    assert network.journal()[refund]["status"] == "approved"


async def test_a_void_reverses(alder: Iso8583Connector, network: Network) -> None:
    auth, void = fresh_key(), fresh_key()
    await pay(alder, auth)
    answer = await alder.void(key=void, original_key=auth, amount=1000, currency="usd", deadline=5)
    assert answer.outcome is Outcome.APPROVED
    assert (await alder.inquire(key=auth, deadline=5)).found == "reversed"
    assert network.journal()[auth]["status"] == "reversed"


async def test_the_same_key_has_one_effect(alder: Iso8583Connector) -> None:
    key = fresh_key()
    answers = await asyncio.gather(*(pay(alder, key, capture=True) for _ in range(32)))
    assert len({(a.outcome, a.acquirer_ref, a.authorization_code) for a in answers}) == 1
    other = await pay(alder, key, amount=2000, capture=True)
    assert (other.outcome, other.response_code) == (Outcome.UNKNOWN, "94")
    assert (await alder.inquire(key=key, deadline=5)).amount == 1000


async def test_a_tombstone_refuses_the_late_message(alder: Iso8583Connector, network: Network) -> None:
    key, cancel = fresh_key(), fresh_key()
    assert (await alder.inquire(key=key, deadline=5)).found == "not_found"
    assert (await alder.cancel(key=cancel, original_key=key, deadline=5)).outcome is Outcome.APPROVED
    assert (await alder.inquire(key=key, deadline=5)).found == "tombstone"
    late = await pay(alder, key, capture=True)
    assert (late.outcome, late.response_code) == (Outcome.DECLINED, "94")
    row = network.journal()[key]
    assert (row["status"], row["kind"], row["amount"]) == ("tombstone", "sale", 1000)
    assert cancel not in network.journal()


async def test_a_cancel_reverses_what_was_approved(alder: Iso8583Connector) -> None:
    key = fresh_key()
    await pay(alder, key, capture=True)
    for _ in range(2):
        assert (await alder.cancel(key=fresh_key(), original_key=key, deadline=5)).outcome is Outcome.APPROVED
    assert (await alder.inquire(key=key, deadline=5)).found == "reversed"
    assert (await pay(alder, key, capture=True)).outcome is Outcome.DECLINED, "a dead message must not look approved"


# ---- the nine outcomes


@pytest.mark.parametrize(("fault", "outcome", "truth"), [
    ("approve", Outcome.APPROVED, "approved"),
    ("decline", Outcome.DECLINED, "declined"),
    ("approve_silent", Outcome.UNKNOWN, "approved"),
    ("drop", Outcome.UNKNOWN, "not_found"),
    ("answer_twice", Outcome.APPROVED, "approved"),
    ("approve_late", Outcome.UNKNOWN, "approved"),
    ("approve_then_96", Outcome.UNKNOWN, "approved"),
    ("error_91", Outcome.UNKNOWN, "not_found"),
    ("garbage", Outcome.UNKNOWN, "approved"),
    ("half_message", Outcome.UNKNOWN, "approved"),
])
async def test_an_outcome_is_told_apart_only_by_asking(alder: Iso8583Connector, network: Network, fault: str,
                                                       outcome: Outcome, truth: str) -> None:
    key = fresh_key()
    network.control(late_ms=800, match=[{"network_key": key, "fault": fault, "once": True}])
    patience = 0.5 if outcome is Outcome.UNKNOWN else 5.0
    assert (await pay(alder, key, capture=True, deadline=patience)).outcome is outcome
    assert (await alder.inquire(key=key, deadline=5)).found == truth
    await asyncio.sleep(0.5 if fault == "approve_late" else 0)
    assert (await pay(alder, fresh_key())).outcome is Outcome.APPROVED, "the line works again"


async def test_a_message_delivered_after_its_tombstone_is_refused(alder: Iso8583Connector, network: Network) -> None:
    key = fresh_key()
    network.control(late_ms=400, match=[{"network_key": key, "fault": "deliver_late"}])
    assert (await pay(alder, key, deadline=0.2)).outcome is Outcome.UNKNOWN
    assert (await alder.cancel(key=fresh_key(), original_key=key, deadline=5)).outcome is Outcome.APPROVED
    await asyncio.sleep(0.5)
    assert network.journal()[key]["status"] == "tombstone"
    assert network.journal()[key]["kind"] == "authorize"


async def test_a_stuck_acquirer_can_still_be_asked(alder: Iso8583Connector, network: Network) -> None:
    network.control(faults={"approve_silent": 1.0}, kinds=["authorize", "sale"])
    keys = [fresh_key() for _ in range(200)]
    waiting = asyncio.gather(*(pay(alder, key, deadline=3) for key in keys))
    await known(network, keys)
    found = await asyncio.gather(*(alder.inquire(key=key, deadline=3) for key in keys))
    assert {status.found for status in found} == {"approved"}
    assert {answer.outcome for answer in await waiting} == {Outcome.UNKNOWN}


async def known(network: Network, keys: Sequence[str]) -> None:
    """Wait until the acquirer has all these messages."""
    async with httpx2.AsyncClient(trust_env=False) as client, asyncio.timeout(60):
        while not {*keys} <= {row["network_key"] for row in (await client.get(f"{network.base}/journal")).json()}:
            await asyncio.sleep(0.05)


async def test_latency_does_not_block_others(alder: Iso8583Connector, network: Network) -> None:
    network.control(latency_ms=300)
    answers = await asyncio.gather(*(pay(alder, fresh_key(), deadline=20) for _ in range(100)))  # in turn: 30 s
    assert {answer.outcome for answer in answers} == {Outcome.APPROVED}


def test_control_refuses_nonsense_and_form_posts(network: Network) -> None:
    assert httpx2.post(f"{network.base}/control", json={"colour": 1}).status_code == 400
    assert httpx2.post(f"{network.base}/control", json={"maple": {}, "alder": {}}).status_code == 400
    reply = httpx2.post(f"{network.base}/control", content=b"{}", headers={"content-type": "text/plain"})
    assert reply.status_code == 415


# ---- the line itself


async def test_nobody_listening_is_not_sent() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        connector = Iso8583Connector("alder", "127.0.0.1", free.getsockname()[1])
        assert (await pay(connector, fresh_key())).outcome is Outcome.NOT_SENT
        assert (await connector.inquire(key=fresh_key(), deadline=1)).found == "no_answer"
        assert not await connector.echo()
        await connector.close()


@pytest.mark.parametrize("change", [
    {"4": "000000009999"}, {"49": "978"}, {"48": "01003abc"}, {"48": ""}, {"t": "0210"}, {"39": ""}, {"37": ""},
])
async def test_an_answer_to_something_else_is_no_answer(change: dict[str, str]) -> None:
    async def lie(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length = int.from_bytes(await reader.readexactly(2), "big")
        asked = dialect.decode(await reader.readexactly(length))
        answer = {n: asked[n] for n in ("3", "4", "7", "11", "41", "49")}
        answer |= {"t": "0110", "39": "00", "37": "AL0000000001",
                   "48": dialect.write_tags({"01": dialect.read_tags(asked["48"])["01"]}), **change}
        writer.write(dialect.encode({n: v for n, v in answer.items() if v}))
        await reader.read()
        writer.close()

    server = await asyncio.start_server(lie, "127.0.0.1", 0)
    connector = Iso8583Connector("alder", "127.0.0.1", server.sockets[0].getsockname()[1])
    assert (await pay(connector, fresh_key(), deadline=1)).outcome is Outcome.UNKNOWN
    await connector.close()
    server.close()
    await server.wait_closed()


async def test_bad_arguments_are_refused_before_anything_is_sent(alder: Iso8583Connector) -> None:
    with pytest.raises(ValueError, match="currency"):
        await pay(alder, fresh_key(), currency="zzz")
    with pytest.raises(ValueError, match="amount"):
        await pay(alder, fresh_key(), amount=-1)
    with pytest.raises(ValueError, match="key"):
        await pay(alder, "k" * 65)


# ---- durability


async def test_kill_9_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    network = Network(tmp_path).start()
    told: dict[str, Answer] = {}
    for _ in range(3):
        connector = Iso8583Connector("alder", "127.0.0.1", network.alder)

        async def buy(connector: Iso8583Connector = connector) -> None:
            while True:
                key = fresh_key()
                answer = await pay(connector, key, capture=True, deadline=2)
                if answer.outcome is not Outcome.APPROVED:
                    return
                told[key] = answer

        buyers = [asyncio.create_task(buy()) for _ in range(64)]
        enough = len(told) + 64
        while len(told) < enough and not all(buyer.done() for buyer in buyers):
            await asyncio.sleep(0.05)
        network.stop(signal.SIGKILL)
        await asyncio.gather(*buyers)
        await connector.close()
        network.start()
    journal = network.journal()
    assert len(told) >= 3 * 64
    assert [key for key, answer in told.items() if journal[key]["acquirer_ref"] != answer.acquirer_ref] == []
    assert len({row["acquirer_ref"] for row in journal.values()}) == len(journal)
    connector = Iso8583Connector("alder", "127.0.0.1", network.alder)
    key, answer = next(iter(told.items()))
    assert (await pay(connector, key, capture=True)).acquirer_ref == answer.acquirer_ref
    await connector.close()
    assert network.stop()[0] == 0
    assert "4242424242424242" not in (tmp_path / "sandbox" / "alder.journal.jsonl").read_text()


def test_a_torn_end_is_cut_with_a_notice(tmp_path: Path) -> None:
    network = Network(tmp_path).start()
    network.stop()
    path = tmp_path / "sandbox" / "birch.journal.jsonl"
    path.write_bytes(b'{"seq": 1, "at"')
    code, printed = network.start().stop()
    assert code == 0
    assert "cut 15 bytes" in printed
    assert path.read_bytes() == b""


def test_a_damaged_journal_and_a_taken_port_are_one_sentence(tmp_path: Path) -> None:
    network = Network(tmp_path).start()
    second = subprocess.run([sys.executable, "-m", "sandbox"], cwd=ROOT, env=network.environment, text=True,
                            capture_output=True, timeout=20)
    assert (second.returncode, second.stderr.count("\n")) == (1, 1)
    assert f"Port {network.port}" in second.stderr
    network.stop()
    path = tmp_path / "sandbox" / "alder.journal.jsonl"
    path.write_text("nonsense\n" + json.dumps({"seq": 1}) + "\n")
    third = subprocess.run([sys.executable, "-m", "sandbox"], cwd=ROOT, env=network.environment, text=True,
                           capture_output=True, timeout=20)
    assert (third.returncode, third.stderr.count("\n")) == (1, 1)
    assert "damaged in line 1" in third.stderr


async def test_a_full_disk_ends_it_with_one_sentence_and_no_false_answer(tmp_path: Path) -> None:
    network = Network(tmp_path).start()
    assert network.process is not None
    resource.prlimit(network.process.pid, resource.RLIMIT_FSIZE, (3000, 3000))
    connector = Iso8583Connector("alder", "127.0.0.1", network.alder)
    told = []
    for key in (fresh_key() for _ in range(20)):
        answer = await pay(connector, key, capture=True, deadline=2)
        told += [key] if answer.outcome is Outcome.APPROVED else []
    await connector.close()
    printed, _ = network.process.communicate(timeout=10)
    assert network.process.returncode == 1
    assert printed.splitlines()[-1].endswith("cannot be written: File too large.")
    assert told
    assert set(told) <= set(network.journal())


async def test_garbage_from_a_client_closes_only_its_connection(alder: Iso8583Connector, network: Network) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", network.alder)
    writer.write(b"\x00\x08nonsense")
    assert await asyncio.wait_for(reader.read(), 5) == b""
    writer.close()
    assert await alder.echo()
