"""What every connector promises (backend/networks/port.py), tried with each against its network: one suite for all.

A new connector is one file, a line of `backend/networks/connectors.py`, and a kind here.
"""

import itertools
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from backend.networks.bank import Bank
from backend.networks.connectors import PROTOCOLS
from backend.networks.iso8583 import Iso8583Connector
from backend.networks.port import Account, Answer, Card, Connector, Outcome, Reason, Status
from backend.networks.routing import COLLECTORS
from tests.network import Network

_numbers = itertools.count(1)
_AWAY = {"authorize", "increment", "capture", "void", "debit"}
"""What a network may not know."""


def fresh_key() -> str:
    return f"{next(_numbers):064x}"


@dataclass(frozen=True)
class Kind:
    """A kind of connector: how one is made, of its network or of nobody, and what it is tried with."""

    make: Callable[[Any], Connector]
    good: Any
    poor: Any
    accepted: Outcome
    """The good answer to a message that takes money: done, or taken and decided later."""
    network: str = "network"
    """The fixture of its network, which has the base, control and journal of tests/network.py."""


@dataclass
class Rig:
    """A connector, and how money is taken with it."""

    kind: Kind
    connector: Connector
    network: Any

    @property
    def good(self) -> Any:
        return self.kind.good

    @property
    def accepted(self) -> Outcome:
        return self.kind.accepted

    async def take(self, key: str, amount: int = 1000, of: Any = None, *, capture: bool = True) -> Answer:
        """Ask for money in one message; or have it held, where that is offered."""
        of = of or self.good
        if isinstance(of, Card):
            return await self.connector.authorize(
                key=key, card=of, amount=amount, currency="usd", merchant_id="acct_1", merchant_name="Shop",
                three_d_secure=None, capture=capture, deadline=2)
        return await self.connector.debit(key=key, account=of, amount=amount, currency="usd", at=_now(), deadline=2)

    async def taken(self, amount: int = 1000) -> str:
        """The key of money that was taken for good."""
        key = fresh_key()
        assert (await self.take(key, amount)).outcome is self.accepted
        assert (await self.ask(key)).found == "approved"
        return key

    async def held(self, amount: int = 1000) -> str:
        """The key of money that is held."""
        key = fresh_key()
        assert (await self.take(key, amount, capture=False)).outcome is Outcome.APPROVED
        return key

    async def ask(self, key: str) -> Status:
        return await self.connector.inquire(key=key, deadline=2, at=_now())

    async def refund(self, key: str, original: str, amount: int) -> Answer:
        return await self.connector.refund(key=key, original_key=original, amount=amount, currency="usd", deadline=2)

    async def cancel(self, original: str) -> Answer:
        return await self.connector.cancel(key=fresh_key(), original_key=original, deadline=2)

    async def follow(self, verb: str, original: str, amount: int) -> tuple[str, Outcome]:
        """A capture, void or increment of what is held: its key, and its outcome, which is the same when it comes
        twice."""
        key = fresh_key()
        first, again = [(await getattr(self.connector, verb)(
            key=key, original_key=original, amount=amount, currency="usd", deadline=2)).outcome for _ in range(2)]
        assert first is again
        return key, first

    def offers(self, verb: str) -> bool:
        """Whether its network knows this."""
        return getattr(type(self.connector), verb) is not getattr(Connector, verb)

    def fault(self, fault: str, kind: str) -> None:
        """The next message of this kind goes wrong."""
        settings = {self.connector.name: {"match": [{"fault": fault, "kind": kind, "once": True}]}}
        assert httpx2.post(f"{self.network.base}/control", json=settings).status_code == 200

    def journal(self, key: str) -> dict[str, Any] | None:
        """What the other side has on disk under a key."""
        return self.network.journal().get(key)


def _now() -> str:
    return datetime.now(UTC).isoformat()


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    running = Network(tmp_path_factory.mktemp("network")).start()
    yield running
    running.stop()


def _nobody() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _card(network: Network | None) -> Connector:
    return Iso8583Connector("alder", "127.0.0.1", network.alder if network else _nobody())


def _debit(network: Network | None) -> Connector:
    return Bank(network.base if network else f"http://127.0.0.1:{_nobody()}")


KINDS = {
    "iso8583": Kind(_card, Card("4242424242424242", 12, 2034, "123"), Card("4000000000009995", 12, 2034, "123"),
                    Outcome.APPROVED),
    "bank": Kind(_debit, Account("000123456789", "110000000"), Account("000222222227", "110000000"), Outcome.PENDING),
}


@pytest.fixture(params=KINDS)
async def rig(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    kind = KINDS[request.param]
    network = request.getfixturevalue(kind.network)
    network.control()
    made = Rig(kind, kind.make(network), network)
    yield made
    await made.connector.close()


def test_every_protocol_and_every_collector_is_tried() -> None:
    assert set(KINDS) == {*PROTOCOLS, *(one.name for one in COLLECTORS)}


async def test_the_same_key_twice_is_done_once(rig: Rig) -> None:
    key = fresh_key()
    first = await rig.take(key)
    again = await rig.take(key)
    assert (first.outcome, again.outcome) == (rig.accepted, rig.accepted)
    assert first.acquirer_ref == again.acquirer_ref
    assert (await rig.ask(key)).found == "approved"
    back = fresh_key()
    assert [(await rig.refund(back, key, 600)).outcome for _ in range(2)] == [Outcome.APPROVED] * 2
    assert (await rig.refund(fresh_key(), key, 400)).outcome is Outcome.APPROVED, "600 were given back, and not 1200"


async def test_another_message_under_a_key_that_is_taken_moves_nothing_and_is_unknown(rig: Rig) -> None:
    key = await rig.taken()
    assert (await rig.take(key, 999)).outcome is Outcome.UNKNOWN
    found = await rig.ask(key)
    assert (found.found, found.amount) == ("approved", 1000)


async def test_an_enquiry_finds_a_message_by_its_key(rig: Rig) -> None:
    key = fresh_key()
    told = await rig.take(key, 1999)
    found = await rig.ask(key)
    assert (found.found, found.amount, found.currency) == ("approved", 1999, "USD")
    assert found.acquirer_ref == told.acquirer_ref
    assert found.why is None
    assert (await rig.ask(fresh_key())).found == "not_found"


async def test_a_cancel_before_the_message_leaves_a_tombstone_that_refuses_it_for_good(rig: Rig) -> None:
    key = fresh_key()
    assert (await rig.cancel(key)).outcome is Outcome.APPROVED
    assert (await rig.ask(key)).found == "tombstone"
    assert (await rig.take(key)).outcome is Outcome.DECLINED
    assert (await rig.ask(key)).found == "tombstone"
    assert (rig.journal(key) or {})["status"] == "tombstone"


async def test_a_cancel_after_the_message_undoes_it(rig: Rig) -> None:
    key = fresh_key()
    await rig.take(key)
    assert (await rig.cancel(key)).outcome is Outcome.APPROVED
    assert (await rig.ask(key)).found == "reversed"
    assert (await rig.take(key)).outcome is Outcome.DECLINED, "what was undone is not done by coming again"
    assert (await rig.refund(fresh_key(), key, 1000)).outcome is Outcome.DECLINED


async def test_money_goes_back_by_the_key_of_the_message_that_took_it(rig: Rig) -> None:
    key, back = await rig.taken(), fresh_key()
    told = await rig.refund(back, key, 600)
    assert (told.outcome, bool(told.acquirer_ref)) == (Outcome.APPROVED, True)
    found = await rig.ask(back)
    assert (found.found, found.amount, found.currency) == ("approved", 600, "USD")
    more = await rig.refund(fresh_key(), key, 401)
    assert (more.outcome, more.why is None) == (Outcome.DECLINED, False)
    assert (await rig.refund(fresh_key(), fresh_key(), 1)).outcome is Outcome.DECLINED


HOLDING = [name for name, kind in KINDS.items() if isinstance(kind.good, Card)]


@pytest.mark.parametrize("rig", HOLDING, indirect=True)
async def test_of_money_that_is_held_no_more_is_taken_and_what_is_taken_goes_back(rig: Rig) -> None:
    held = await rig.held()
    taken, outcome = await rig.follow("capture", held, 600)
    assert outcome is Outcome.APPROVED
    found = await rig.ask(taken)
    assert (found.found, found.amount, found.currency) == ("approved", 600, "USD")
    assert (await rig.follow("capture", held, 400))[1] is Outcome.DECLINED, "that capture was the last"
    assert (await rig.refund(fresh_key(), taken, 601)).outcome is Outcome.DECLINED
    assert (await rig.refund(fresh_key(), taken, 600)).outcome is Outcome.APPROVED
    assert (await rig.follow("capture", await rig.held(), 1001))[1] is Outcome.DECLINED


@pytest.mark.parametrize("rig", HOLDING, indirect=True)
async def test_what_is_given_free_is_not_taken_any_more(rig: Rig) -> None:
    held = await rig.held()
    assert (await rig.follow("void", held, 1000))[1] is Outcome.APPROVED
    assert (await rig.ask(held)).found == "reversed"
    assert (await rig.follow("capture", held, 1000))[1] is Outcome.DECLINED
    assert (await rig.follow("void", fresh_key(), 1000))[1] is Outcome.DECLINED


@pytest.mark.parametrize("rig", HOLDING, indirect=True)
async def test_more_may_be_held_and_taken(rig: Rig) -> None:
    held = await rig.held()
    assert (await rig.follow("increment", held, 500))[1] is Outcome.APPROVED
    assert (await rig.follow("capture", held, 1500))[1] is Outcome.APPROVED


@pytest.mark.parametrize(("fault", "found"), [("approve_silent", "approved"), ("drop", "not_found")])
async def test_silence_is_unknown_and_an_enquiry_tells_the_truth(rig: Rig, fault: str, found: str) -> None:
    key = fresh_key()
    rig.fault(fault, "sale")
    told = await rig.take(key)
    assert (told.outcome, told.sick) == (Outcome.UNKNOWN, True)
    assert (await rig.ask(key)).found == found
    paid, back = await rig.taken(), fresh_key()
    rig.fault(fault, "refund")
    assert (await rig.refund(back, paid, 1000)).outcome is Outcome.UNKNOWN
    assert (await rig.ask(back)).found == found
    assert (await rig.refund(back, paid, 1000)).outcome is Outcome.APPROVED, "the same message again is done once"


async def test_a_refusal_is_told_in_our_own_words_beside_the_networks(rig: Rig) -> None:
    key = fresh_key()
    told = await rig.take(key, of=rig.kind.poor)
    assert told.outcome in (Outcome.DECLINED, Outcome.PENDING)
    found = await rig.ask(key)
    assert (found.found, found.why) == ("declined", Reason.INSUFFICIENT_FUNDS)
    assert found.response_code
    if told.outcome is Outcome.DECLINED:
        assert (told.why, told.response_code, told.sick) == (found.why, found.response_code, False)


async def test_what_a_network_does_not_know_is_refused_before_anything_is_sent(rig: Rig) -> None:
    offered = set(filter(rig.offers, _AWAY))
    money = {"amount": 1, "currency": "usd", "deadline": 1}
    original = money | {"original_key": fresh_key()}
    asked: dict[str, dict[str, Any]] = {
        "authorize": money | {"card": rig.good, "merchant_id": "a", "merchant_name": "b", "three_d_secure": None,
                              "capture": True},
        "debit": money | {"account": rig.good, "at": _now()}, "increment": original, "capture": original,
        "void": original}
    for name in _AWAY - offered:
        with pytest.raises(ValueError, match=f"^{rig.connector.name} "):
            await getattr(rig.connector, name)(key=fresh_key(), **asked[name])
    assert ("authorize" in offered, "debit" in offered) == ("card" in rig.connector.takes,
                                                             "card" not in rig.connector.takes)


async def test_who_cannot_be_reached_was_sent_nothing(rig: Rig) -> None:
    alone = Rig(rig.kind, rig.kind.make(None), rig.network)
    told = await alone.take(fresh_key())
    assert (told.outcome, told.sick) == (Outcome.NOT_SENT, True)
    assert (await alone.refund(fresh_key(), fresh_key(), 1)).outcome is Outcome.NOT_SENT
    assert (await alone.cancel(fresh_key())).outcome is Outcome.NOT_SENT
    assert (await alone.ask(fresh_key())).found == "no_answer"
    assert not await alone.connector.echo()
    await alone.connector.close()


async def test_an_echo_says_whether_anybody_is_there(rig: Rig) -> None:
    assert await rig.connector.echo()


async def test_it_hangs_up_whatever_was_done_before(rig: Rig) -> None:
    fresh = rig.kind.make(rig.network)
    await fresh.close()
    await rig.take(fresh_key())
    await rig.connector.close()
