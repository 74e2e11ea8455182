"""What every verb may do in every state: small models of payments, setups and checkout sessions; pure.

A move in a state has one answer ("ok", or the code of its error) and one state that follows. The models are written
from what the API promises and share nothing with the code that they judge.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
OK, LOCKED, DECLINED = "ok", "lock_timeout", "card_declined"
AMOUNTS = (1000, 1500, 2500)
Answer = str


@dataclass(frozen=True, slots=True)
class Card:
    """What a test card does: `refuses` its payment with a code, `asks` for its holder, is `disputed`."""

    name: str
    refuses: str = ""
    asks: bool = False
    disputed: bool = False
    unkept: str = ""


CARDS = {card.name: card for card in (
    Card("visa"), Card("bypassPending"), Card("pendingRefund"), Card("chargeCustomerFail", DECLINED),
    Card("radarBlock", DECLINED), Card("threeDSecure2Required", asks=True),
    Card("authenticationRequiredChargeDeclinedInsufficientFunds", DECLINED, asks=True),
    Card("createDispute", disputed=True))}
"""Cards that can be kept by a customer and paid with again, by the word after `pm_card_`."""
REFUSED = Card("visa_chargeDeclined", DECLINED, unkept=DECLINED)
"""Cannot be kept, so a setup with it fails."""
_LIKELY = (*["visa"] * 6, *CARDS)


@dataclass(frozen=True, slots=True)
class Move:
    """One request: a verb and its parameters."""

    verb: str
    args: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.verb}({', '.join(f'{name}={value}' for name, value in self.args.items() if value is not None)})"


@dataclass(frozen=True, slots=True)
class Payment:
    """A PaymentIntent with its charge. `serial` and `secured` are the number and the amount of its last challenge,
    `paid` says that its newest charge stood, `given` is what its charge shows as refunded."""

    status: str = "none"
    amount: int = 0
    capturable: int = 0
    captured: int = 0
    reserved: int = 0
    given: int = 0
    card: str | None = None
    manual: bool = False
    can: bool = False
    paid: bool = False
    disputed: bool = False
    charged: str = ""
    serial: int = 0
    secured: int = 0
    of_session: bool = False

    UNEXPECTED: ClassVar[str] = "payment_intent_unexpected_state"

    @classmethod
    def first(cls, chance: random.Random) -> Move:
        """How one begins."""
        card = chance.choice((None, *_LIKELY))
        return Move("create", {"amount": chance.choice(AMOUNTS), "card": card,
                               "confirm": card is not None and chance.random() < 0.6,
                               "manual": chance.random() < 0.5, "can": chance.random() < 0.5})

    def draw(self, chance: random.Random) -> Move:
        """Any verb with any parameters, those that have a chance here more often."""
        verb = chance.choice((
            *(("confirm", "confirm", "give", "change") if self.status in OPEN else ("confirm", "give")),
            *(("challenge",) * 4 if self.status == "requires_action" else ()),
            *(("capture", "capture", "increment") if self.status == "requires_capture" else ("capture", "increment")),
            *(("refund",) * 4 if self.captured else ("refund",)), "cancel"))
        args: dict[str, Any] = {
            "confirm": lambda: {"card": chance.choice((None, None, *_LIKELY)), "away": chance.random() < 0.2},
            "give": lambda: {"card": chance.choice(_LIKELY)},
            "change": lambda: {"amount": chance.choice(AMOUNTS)},
            "challenge": lambda: {"good": chance.random() < 0.6, "serial": self.serial},
            "capture": lambda: {"amount": chance.choice((None, 400, 700, 1000, 9000)),
                                "final": chance.random() < 0.6},
            "increment": lambda: {"amount": chance.choice((1200, 2000, 3000))},
            "refund": lambda: {"amount": chance.choice((None, 100, 350, 1000, 2600))}, "cancel": dict}[verb]()
        return Move(verb, args)

    def after(self, move: Move) -> tuple[Answer, "Payment"]:
        """The answer, and what the payment is then."""
        verb: Callable[..., tuple[Answer, Payment]] = getattr(self, f"_{move.verb}")
        return verb(**move.args)

    def _create(self, *, amount: int, card: str | None, confirm: bool, manual: bool,
                can: bool) -> tuple[Answer, "Payment"]:
        made = replace(self, amount=amount, card=card, manual=manual, can=can,
                       status="requires_confirmation" if card else "requires_payment_method")
        return made._confirm(card=card, away=False) if confirm else (OK, made)

    def _confirm(self, *, card: str | None, away: bool) -> tuple[Answer, "Payment"]:
        used = card or self.card
        if self.status not in OPEN or not used:
            return self.UNEXPECTED, self
        if CARDS[used].asks and away:
            return "authentication_required", self._failed()
        if CARDS[used].asks:
            return OK, replace(self, status="requires_action", card=used, serial=self.serial + 1, secured=self.amount)
        return self._sent(used)

    def _sent(self, card: str) -> tuple[Answer, "Payment"]:
        found = CARDS[card]
        if found.refuses:
            return found.refuses, replace(self._failed(), paid=False)
        now = replace(self, card=card, charged=card, paid=True)
        if self.manual:
            return OK, replace(now, status="requires_capture", capturable=self.amount)
        return OK, replace(now, status="succeeded", captured=self.amount, disputed=found.disputed)

    def _failed(self) -> "Payment":
        return replace(self, status="requires_payment_method", card=None)

    def _challenge(self, *, good: bool, serial: int) -> tuple[Answer, "Payment"]:
        if self.status != "requires_action" or serial != self.serial:
            return OK, self
        if not good or self.secured != self.amount:
            return OK, self._failed()
        assert self.card
        return OK, self._sent(self.card)[1]

    def _give(self, *, card: str) -> tuple[Answer, "Payment"]:
        if self.status not in OPEN:
            return self.UNEXPECTED, self
        return OK, replace(self, status="requires_confirmation", card=card)

    def _change(self, *, amount: int) -> tuple[Answer, "Payment"]:
        return (OK, replace(self, amount=amount)) if self.status in OPEN else (self.UNEXPECTED, self)

    def _capture(self, *, amount: int | None, final: bool) -> tuple[Answer, "Payment"]:
        if self.status != "requires_capture":
            return self.UNEXPECTED, self
        if not final and not self.can:
            return "capture_not_final", self
        taken = amount or self.capturable
        if taken > self.capturable:
            return "amount_too_large", self
        if not final and taken < self.capturable:
            return OK, replace(self, captured=self.captured + taken, capturable=self.capturable - taken)
        return OK, replace(self, status="succeeded", captured=self.captured + taken, capturable=0,
                           given=self.given + self.capturable - taken, disputed=CARDS[self.charged].disputed)

    def _increment(self, *, amount: int) -> tuple[Answer, "Payment"]:
        if self.status != "requires_capture":
            return self.UNEXPECTED, self
        if amount <= self.amount:
            return "amount_too_small", self
        if not self.can:
            return "incremental_authorization_unavailable", self
        return OK, replace(self, amount=amount, capturable=self.capturable + amount - self.amount)

    def _cancel(self) -> tuple[Answer, "Payment"]:
        if self.status == "requires_capture":
            end = "succeeded" if self.captured else "canceled"
            return OK, replace(self, status=end, capturable=0, given=self.given + self.capturable,
                               disputed=bool(self.captured) and CARDS[self.charged].disputed)
        return (OK, replace(self, status="canceled")) if self.status in OPEN else (self.UNEXPECTED, self)

    def _refund(self, *, amount: int | None) -> tuple[Answer, "Payment"]:
        left = self.captured - self.reserved
        if not self.paid:
            return "charge_not_refundable", self
        if self.disputed:
            return "charge_disputed", self
        if not self.captured:
            return "charge_not_refundable", self
        if left <= 0:
            return "charge_already_refunded", self
        taken = amount or left
        if taken > left:
            return "amount_too_large", self
        return OK, replace(self, reserved=self.reserved + taken, given=self.given + taken)


@dataclass(frozen=True, slots=True)
class Setup:
    """A SetupIntent."""

    status: str = "none"
    card: str | None = None
    serial: int = 0

    UNEXPECTED: ClassVar[str] = "setup_intent_unexpected_state"

    @classmethod
    def first(cls, chance: random.Random) -> Move:
        """How one begins."""
        card = chance.choice((None, REFUSED.name, *_LIKELY))
        return Move("create", {"card": card, "confirm": card is not None and chance.random() < 0.5})

    def draw(self, chance: random.Random) -> Move:
        """Any verb with any parameters."""
        verb = chance.choice(("confirm", "confirm", "give", "describe", "cancel",
                              *(("challenge",) * 4 if self.status == "requires_action" else ())))
        args: dict[str, Any] = {
            "confirm": lambda: {"card": chance.choice((None, None, REFUSED.name, *_LIKELY))},
            "give": lambda: {"card": chance.choice((REFUSED.name, *_LIKELY))}, "describe": dict, "cancel": dict,
            "challenge": lambda: {"good": chance.random() < 0.6, "serial": self.serial}}[verb]()
        return Move(verb, args)

    def after(self, move: Move) -> tuple[Answer, "Setup"]:
        """The answer, and what the setup is then."""
        verb: Callable[..., tuple[Answer, Setup]] = getattr(self, f"_{move.verb}")
        return verb(**move.args)

    def _create(self, *, card: str | None, confirm: bool) -> tuple[Answer, "Setup"]:
        made = replace(self, card=card, status="requires_confirmation" if card else "requires_payment_method")
        return made._confirm(card=card) if confirm else (OK, made)

    def _confirm(self, *, card: str | None) -> tuple[Answer, "Setup"]:
        used = card or self.card
        if self.status not in OPEN or not used:
            return self.UNEXPECTED, self
        if used == REFUSED.name:
            return REFUSED.unkept, replace(self, status="requires_payment_method", card=None)
        if CARDS[used].asks:
            return OK, replace(self, status="requires_action", card=used, serial=self.serial + 1)
        return OK, replace(self, status="succeeded", card=used)

    def _give(self, *, card: str) -> tuple[Answer, "Setup"]:
        if self.status not in OPEN:
            return self.UNEXPECTED, self
        return OK, replace(self, status="requires_confirmation", card=card)

    def _describe(self) -> tuple[Answer, "Setup"]:
        return OK, self

    def _cancel(self) -> tuple[Answer, "Setup"]:
        return (OK, replace(self, status="canceled")) if self.status in OPEN else (self.UNEXPECTED, self)

    def _challenge(self, *, good: bool, serial: int) -> tuple[Answer, "Setup"]:
        if self.status != "requires_action" or serial != self.serial:
            return OK, self
        return OK, (replace(self, status="succeeded") if good else
                    replace(self, status="requires_payment_method", card=None))


@dataclass(frozen=True, slots=True)
class Session:
    """A Checkout Session and the payment that it makes."""

    status: str = "none"
    payment: Payment = Payment()

    UNEXPECTED: ClassVar[str] = Payment.UNEXPECTED

    @classmethod
    def first(cls, chance: random.Random) -> Move:
        """How one begins."""
        return Move("create", {"amount": chance.choice(AMOUNTS), "manual": chance.random() < 0.3})

    def draw(self, chance: random.Random) -> Move:
        """Any verb with any parameters."""
        verb = chance.choice(("pay", "pay", "pay", "expire", *(
            ("touch", "cancel", "capture", "refund") if self.payment.status != "none" else ()),
            *(("challenge",) * 4 if self.payment.status == "requires_action" else ())))
        args: dict[str, Any] = {
            "pay": lambda: {"card": chance.choice(_LIKELY)}, "expire": dict, "touch": dict, "cancel": dict,
            "capture": lambda: {"amount": chance.choice((None, 400, 9000)), "final": True},
            "refund": lambda: {"amount": chance.choice((None, 350, 2600))},
            "challenge": lambda: {"good": chance.random() < 0.6, "serial": self.payment.serial}}[verb]()
        return Move(verb, args)

    def after(self, move: Move) -> tuple[Answer, "Session"]:
        """The answer, and what the session is then."""
        if move.verb in ("capture", "refund", "challenge"):
            return self._with(*self.payment.after(move))
        verb: Callable[..., tuple[Answer, Session]] = getattr(self, f"_{move.verb}")
        return verb(**move.args)

    def halfway(self, move: Move) -> "Session | None":
        """What the first of a move's two commits leaves, which others may see and end: a session pays by making its
        payment and then confirming it."""
        if move.verb != "pay" or self.status != "open" or self.payment.status != "none":
            return None
        return replace(self, payment=replace(self.payment, status="requires_payment_method"))

    def _with(self, answer: Answer, payment: Payment) -> tuple[Answer, "Session"]:
        """Once its payment stands, an open session is complete."""
        done = self.status == "open" and payment.status in ("succeeded", "requires_capture")
        return answer, replace(self, payment=payment, status="complete" if done else self.status)

    def _create(self, *, amount: int, manual: bool) -> tuple[Answer, "Session"]:
        return OK, Session("open", Payment(amount=amount, manual=manual))

    def _pay(self, *, card: str) -> tuple[Answer, "Session"]:
        if self.status == "complete":
            return OK if self.payment.status != "canceled" else "session_closed", self
        if self.status == "expired":
            return "session_closed", self
        began = self.halfway(Move("pay")) or self
        return self._with(*began.payment._confirm(card=card, away=False))

    def _expire(self) -> tuple[Answer, "Session"]:
        if self.status != "open":
            return "status_transition_invalid", self
        gone = self.payment if self.payment.status == "none" else replace(self.payment, status="canceled")
        return OK, replace(self, status="expired", payment=gone)

    def _touch(self) -> tuple[Answer, "Session"]:
        """What the session's page does the API must not do past it."""
        return self.UNEXPECTED, self

    def _cancel(self) -> tuple[Answer, "Session"]:
        if self.payment.status != "requires_capture":
            return self.UNEXPECTED, self
        return self._with(*self.payment._cancel())


Model = Payment | Setup | Session
KINDS: dict[str, type[Payment] | type[Setup] | type[Session]] = {"payment": Payment, "setup": Setup, "session": Session}
