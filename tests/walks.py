"""Random walks: sequences of random requests over real objects, each answer compared with a small model.

The backend's verbs run in this process over a real PostgreSQL; every message to a card network goes through a real
vault to the sandbox. Now and then two requests run at one moment: then what came out must be what one order of the two
gives, or one of them was turned away and changed nothing.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2

from backend.checkout_sessions import sessions
from backend.customers import customers, payment_methods
from backend.errors import FarthingError
from backend.payments import authentications, intents
from backend.payments.holds import increments
from backend.reconciliation import refunds as watch
from backend.refunds import refunds
from backend.setups import authentications as setup_authentications
from backend.setups import setup_intents
from tests.house import House
from tests.sealers import sealer
from tests.walk_models import CARDS, KINDS, LOCKED, OK, REFUSED, Model, Move, Payment, Session, Setup

Row = dict[str, Any]
Moves = tuple[Move, ...]
"""What is asked at one moment: one request, or two."""
Shown = tuple[int, int] | None
"""What a charge shows as captured and as refunded; None where nothing was charged."""
SHARES = {"payment": 0.6, "setup": 0.2, "session": 0.2}
"""How often each kind of object is walked over; refunds belong to payments and sessions."""
LANES = 16
_STEPS = (2, 7)
_PAIRS = 0.2
_LOSES = {"payment": (LOCKED, Payment.UNEXPECTED), "setup": (LOCKED, Setup.UNEXPECTED),
          "session": (LOCKED, Session.UNEXPECTED, "status_transition_invalid", "session_closed")}
"""What the slower of two requests may be told instead, when nothing came of it."""
_RICH = 99_999_999


class Astray(AssertionError):
    """What came out is not what the model allows; the message says which walk it was."""


@dataclass
class Lane:
    """One walker at a time: a customer who keeps one card of each kind, and a second one for setups."""

    house: House
    bank: httpx2.AsyncClient
    customer: str = ""
    keeper: str = ""
    cards: dict[str, dict[str, str]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    async def furnish(self) -> "Lane":
        self.customer, self.keeper = await asyncio.gather(self._customer(), self._customer())
        return self

    async def _customer(self) -> str:
        ctx = self.house.ctx
        found = await asyncio.gather(*(payment_methods.load(ctx, f"pm_card_{name}") for name in CARDS))
        made = {name: str(one["id"]) for name, one in zip(CARDS, found, strict=True)}
        async with ctx.transaction() as tx:
            customer = str((await customers.create(ctx, tx, {}))["id"])
            for method in made.values():
                await payment_methods.attach(ctx, tx, method, customer)
        self.cards[customer] = made
        self.names |= {method: name for name, method in made.items()}
        return customer

    def method(self, customer: str, card: str | None) -> dict[str, str]:
        """The parameter that names a card, or none."""
        if card is None:
            return {}
        return {"payment_method": self.cards[customer].get(card, f"pm_card_{card}")}

    def card(self, method: str | None) -> str | None:
        """The word for a method; all that are no customer's are the one that cannot be kept."""
        return self.names.get(method, REFUSED.name) if method else None

    async def approve(self, creq: str) -> None:
        """The cardholder presses the button on the bank's page."""
        page = await self.bank.post("/acs/challenge", data={"creq": creq})
        if 'action="/acs/' in page.text:
            action = page.text.split('action="/acs/')[1].split('"')[0]
            await self.bank.post(f"/acs/{action}", data={"action": "complete"})


@dataclass
class Walk:
    """One object and what is done to it."""

    lane: Lane
    id: str = ""
    object: Row = field(default_factory=dict)
    challenge: str = ""

    async def ask(self, move: Move) -> str:
        """Do it; "ok", or the code of the refusal."""
        try:
            await getattr(self, move.verb)(**move.args)
        except FarthingError as error:
            born = error.extra.get("payment_intent") or error.extra.get("setup_intent")
            self.id = self.id or (born or {}).get("id", "")
            return str(error.code)
        return OK

    def note(self, shown: Row) -> None:
        """Remember the object, and the challenge that it waits for."""
        self.object = shown
        action = shown.get("next_action") or {}
        url = (action.get("redirect_to_url") or {}).get("url") or (action.get("use_stripe_sdk") or {}).get("source")
        self.challenge = str(url).rsplit("/", 1)[-1] if url else self.challenge


class PaymentWalk(Walk):
    """The verbs of a PaymentIntent and its refunds."""

    async def create(self, *, amount: int, card: str | None, confirm: bool, manual: bool, can: bool) -> None:
        wishes = ("multicapture", "incremental_authorization")
        made = await intents.create(self.lane.house.ctx, {
            "amount": amount, "currency": "usd", "customer": self.lane.customer, "confirm": confirm,
            "capture_method": "manual" if manual else "automatic", **self._by(card),
            **({"payment_method_options": {"card": {f"request_{wish}": "if_available" for wish in wishes}}}
               if can else {})})
        self.id = made["id"]

    def _by(self, card: str | None) -> dict[str, str]:
        return self.lane.method(self.lane.customer, card)

    async def confirm(self, *, card: str | None, away: bool) -> None:
        await intents.confirm(self.lane.house.ctx, self.id, {**self._by(card), "off_session": away})

    async def give(self, *, card: str) -> None:
        await intents.update(self.lane.house.ctx, self.id, self._by(card))

    async def change(self, *, amount: int) -> None:
        await intents.update(self.lane.house.ctx, self.id, {"amount": amount})

    async def capture(self, *, amount: int | None, final: bool) -> None:
        await intents.capture(self.lane.house.ctx, self.payment, {
            "final_capture": final, **({"amount_to_capture": amount} if amount else {})})

    async def increment(self, *, amount: int) -> None:
        await increments.create(self.lane.house.ctx, self.id, {"amount": amount})

    async def cancel(self) -> None:
        await intents.cancel(self.lane.house.ctx, self.payment, {})

    async def refund(self, *, amount: int | None) -> None:
        await refunds.create(self.lane.house.ctx, {
            "payment_intent": self.payment, **({"amount": amount} if amount else {})})

    async def challenge_(self, good: bool) -> None:
        runtime = self.lane.house.ctx.runtime
        if good:
            await self.lane.approve((await authentications.get(runtime, self.challenge))["creq"])
        await (authentications.complete if good else authentications.abandon)(runtime, self.challenge)

    @property
    def payment(self) -> str:
        """The payment's id."""
        return self.id

    async def seen(self) -> Row:
        """What the model speaks of, as the API shows it."""
        shown = await intents.get(self.lane.house.ctx, self.id)
        self.note(shown)
        return {"status": shown["status"], "amount": shown["amount"], "capturable": shown["amount_capturable"],
                "captured": shown["amount_received"], "card": self.lane.card(shown["payment_method"])}

    @staticmethod
    def told(model: Payment) -> Row:
        """The same of a model."""
        return {name: getattr(model, name) for name in ("status", "amount", "capturable", "captured", "card")}


class SetupWalk(Walk):
    """The verbs of a SetupIntent."""

    def _by(self, card: str | None) -> dict[str, str]:
        return self.lane.method(self.lane.keeper, card)

    async def create(self, *, card: str | None, confirm: bool) -> None:
        made = await setup_intents.create(self.lane.house.ctx, {
            "customer": self.lane.keeper, "confirm": confirm, **self._by(card)})
        self.id = made["id"]

    async def confirm(self, *, card: str | None) -> None:
        await setup_intents.confirm(self.lane.house.ctx, self.id, self._by(card))

    async def give(self, *, card: str) -> None:
        await setup_intents.update(self.lane.house.ctx, self.id, self._by(card))

    async def describe(self) -> None:
        await setup_intents.update(self.lane.house.ctx, self.id, {"description": "again"})

    async def cancel(self) -> None:
        await setup_intents.cancel(self.lane.house.ctx, self.id, {})

    async def challenge_(self, good: bool) -> None:
        runtime = self.lane.house.ctx.runtime
        if good:
            await self.lane.approve((await setup_authentications.get(runtime, self.challenge))["creq"])
        await (setup_authentications.complete if good else setup_authentications.abandon)(runtime, self.challenge)

    async def seen(self) -> Row:
        """What the model speaks of, as the API shows it."""
        shown = await setup_intents.get(self.lane.house.ctx, self.id)
        self.note(shown)
        assert bool(shown["next_action"]) == (shown["status"] == "requires_action")
        return {"status": shown["status"], "card": self.lane.card(shown["payment_method"])}

    @staticmethod
    def told(model: Setup) -> Row:
        """The same of a model."""
        return {"status": model.status, "card": model.card}


class SessionWalk(PaymentWalk):
    """The verbs of a Checkout Session, the shopper's and the merchant's."""

    async def create(self, *, amount: int, manual: bool) -> None:  # type: ignore[override]
        price = {"currency": "usd", "unit_amount": amount, "product_data": {"name": "Notebook"}}
        ctx = self.lane.house.ctx
        async with ctx.transaction() as tx:
            made = await sessions.create(ctx, tx, {
                "mode": "payment", "success_url": "http://localhost/done", "customer": self.lane.customer,
                "line_items": [{"price_data": price, "quantity": 1}],
                "payment_intent_data": {"capture_method": "manual" if manual else "automatic"}})
        self.id = made["id"]

    @property
    def payment(self) -> str:
        """The id of the payment that the session made."""
        return str(self.object["payment_intent"])

    async def pay(self, *, card: str) -> None:
        await sessions.pay(self.lane.house.ctx, self.id, self._by(card)["payment_method"],
                           {"email": "ada@example.com", "name": "Ada"})

    async def expire(self) -> None:
        ctx = self.lane.house.ctx
        released = await sessions.release(ctx, self.id)
        async with ctx.transaction() as tx:
            await sessions.expire(ctx, tx, self.id, released)

    async def touch(self) -> None:
        await intents.confirm(self.lane.house.ctx, self.payment, self._by("visa"))

    async def seen(self) -> Row:
        """The session once it has heard of its payment's end, and the payment."""
        ctx, shown = self.lane.house.ctx, await sessions.get(self.lane.house.ctx, self.id)
        if payment := shown["payment_intent"]:
            await sessions.settle(ctx, payment)
            shown = await sessions.get(ctx, self.id)
        self.object = shown
        inner = await intents.get(ctx, payment) if payment else {"status": "none", "amount_received": 0}
        if payment:
            self.note(inner)
            self.object = shown
        return {"session": shown["status"], "status": inner["status"], "captured": inner["amount_received"],
                "payment_status": shown["payment_status"]}

    @staticmethod
    def told(model: Session) -> Row:  # type: ignore[override]
        """The same of a model."""
        paid = model.payment.status == "succeeded"
        return {"session": model.status, "status": model.payment.status, "captured": model.payment.captured,
                "payment_status": "paid" if paid else "unpaid"}


WALKS: dict[str, type[PaymentWalk] | type[SetupWalk] | type[SessionWalk]] = {
    "payment": PaymentWalk, "setup": SetupWalk, "session": SessionWalk}


def outcomes(kind: str, model: Model, moves: Moves) -> Iterable[tuple[tuple[str, ...], Model]]:
    """Every (answers, state) that these requests may have."""
    if len(moves) == 1:
        answer, after = model.after(moves[0])
        yield (answer,), after
        return
    for first, second in ((0, 1), (1, 0)):
        told, after = model.after(moves[first])
        other, last = after.after(moves[second])
        late = {LOCKED, *_LOSES[kind], *([OK] if moves[second].verb in ("challenge", "pay") else [])}
        for answer, end in [(other, last), *((code, after) for code in late)]:
            yield ((told, answer) if first == 0 else (answer, told)), end
        begun = model.halfway(moves[first]) if isinstance(model, Session) else None
        if begun:
            between, after = begun.after(moves[second])
            finished, last = after.after(moves[first])
            yield ((finished, between) if first == 0 else (between, finished)), last


async def walk(lane: Lane, kind: str, chance: random.Random, given: list[Moves] | None = None) -> "Done":
    """One sequence, drawn or `given` again; raises Astray."""
    models: list[Model] = [KINDS[kind]()]
    thing, done, heard = WALKS[kind](lane), list[Moves](), list[str]()
    steps = len(given) if given is not None else 1 + chance.randint(*_STEPS)
    for number in range(steps):
        moves = given[number] if given is not None else _drawn(kind, models[0], chance, first=not number)
        done.append(moves)
        answers = tuple(await asyncio.gather(*(_ask(thing, move) for move in moves)))
        heard += answers
        if not thing.id:
            raise Astray(f"{kind}: {_said(done)} made nothing: {answers}")
        seen = await thing.seen()
        allowed = [(told, end) for model in models for told, end in outcomes(kind, model, moves)]
        models = list(dict.fromkeys(end for told, end in allowed
                                    if told == answers and thing.told(end) == seen))  # type: ignore[arg-type]
        if not models:
            may = "; ".join(f"{told} {thing.told(end)}" for told, end in allowed)  # type: ignore[arg-type]
            raise Astray(f"{kind}: {_said(done)} was answered {answers} and left {seen}; allowed: {may}", done)
    return Done(done, heard, models, thing)


async def _ask(thing: Walk, move: Move) -> str:
    if move.verb == "challenge":
        return await thing.ask(Move("challenge_", {"good": move.args["good"]}))
    return await thing.ask(move)


def _drawn(kind: str, model: Model, chance: random.Random, *, first: bool) -> Moves:
    if first:
        return (KINDS[kind].first(chance),)
    return tuple(model.draw(chance) for _ in range(2 if chance.random() < _PAIRS else 1))


def _said(done: Iterable[Moves]) -> str:
    return ", ".join(" + ".join(map(str, moves)) for moves in done)


async def shrunk(lane: Lane, kind: str, done: list[Moves]) -> str:
    """What the shortest walk that still goes astray says: steps are left out one by one while it does."""
    said, at = "it did not happen again: a matter of timing", len(done)
    while at > 0:
        fewer = done[:at] + done[at + 1:]  # all of it at first
        try:
            await walk(lane, kind, random.Random(0), fewer)
        except Astray as error:
            said, done = str(error.args[0]), error.args[1] if len(error.args) > 1 else fewer
            at = min(at, len(done))
        except Exception:  # without that step the others make no sense
            pass
        at -= 1
    return said


@dataclass
class Done:
    """A walk that is over. After two requests at one moment there may be several models that fit what was seen."""

    moves: list[Moves]
    answers: list[str]
    models: list[Model]
    thing: Walk

    @property
    def end(self) -> dict[str, set[Shown]]:
        """The payment, and what its charge may show."""
        made = [model.payment if isinstance(model, Session) else model for model in self.models]
        return {self.thing.payment: {(one.captured, one.given) if one.paid else None for one in made
                                     if isinstance(one, Payment)}} if isinstance(self.thing, PaymentWalk) else {}


@dataclass
class Found:
    """What many walks came to."""

    walked: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    pairs: int = 0
    ends: dict[str, set[Shown]] = field(default_factory=dict)
    astray: list[str] = field(default_factory=list)


@asynccontextmanager
async def lanes(house: House, count: int) -> AsyncIterator[list[Lane]]:
    """Walkers over one merchant, who is rich enough for every refund."""
    await house.pay(_RICH, "pm_card_bypassPending")
    house.vault.control(refund_ms=1)
    async with httpx2.AsyncClient(trust_env=False, timeout=30,
                                  base_url=f"http://127.0.0.1:{house.vault.settings.sandbox_port}") as bank:
        yield await asyncio.gather(*(Lane(house, bank).furnish() for _ in range(count)))


async def many(house: House, seed: int, count: int, shares: dict[str, float] = SHARES) -> Found:
    """Walk `count` times, many at one moment; a walk that goes astray is shrunk and told with its seed."""
    found, numbers = Found(), iter(range(count))
    async with lanes(house, min(LANES, 1 + count // 20)) as them:
        await asyncio.gather(*(_lane(lane, seed, numbers, shares, found) for lane in them))
    return found


async def _lane(lane: Lane, seed: int, numbers: Iterable[int], shares: dict[str, float], found: Found) -> None:
    for number in numbers:
        chance = random.Random(f"{seed}/{number}")
        kind = chance.choices(list(shares), list(shares.values()))[0]
        try:
            done = await walk(lane, kind, chance)
        except Astray as error:
            fewer = await shrunk(lane, kind, error.args[1]) if len(error.args) > 1 else ""
            found.astray.append(f"seed {seed}, walk {number}: {error.args[0]}. Shorter: {fewer}")
            continue
        found.walked[kind] += 1
        found.answers.update(done.answers)
        found.pairs += sum(len(moves) == 2 for moves in done.moves)
        found.ends |= done.end


async def settled(house: House) -> None:
    """Ask about what is decided later, until nothing is left, and seal the trail, as a worker does all the time."""
    for _ in range(100):
        house.clock.move(hours=2)
        if not await watch.settle_due(house.ctx.runtime, house.ctx.env, 500) and not await house.ask():
            break
    else:
        raise AssertionError("some refund or message is never settled")
    async with sealer(house.vault.urls, house.vault.places.data / "heads.jsonl") as one:
        while await one.seal():
            pass


async def differing(house: House, ends: dict[str, set[Shown]]) -> list[str]:
    """The charges that do not show what their models say was captured and refunded."""
    rows = await house.rows("SELECT payment_id, amount_captured, amount_refunded FROM pay.charge "
                            "WHERE env = %s AND status = 'succeeded'")
    shown = {row["payment_id"]: (row["amount_captured"], row["amount_refunded"]) for row in rows}
    return [f"{payment}: {shown.get(payment)} and not {may}" for payment, may in ends.items()
            if shown.get(payment) not in may]
