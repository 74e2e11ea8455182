"""The connector port: what any connector must be able to do, and the words it answers with.

A connector is idempotent by our key, is asked by our key, and cancels by our key leaving a tombstone (money rule 3). It
is one file, which alone knows its network's words, and a line of connectors.py, and it passes the suite of
tests/integration/test_connectors.py.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar


class Outcome(StrEnum):
    """What is known after a message was sent.

    UNKNOWN may hide an approval: only a query settles it. NOT_SENT means that no byte left this process. PENDING: the
    acquirer has it and decides later.
    """

    APPROVED = "approved"
    DECLINED = "declined"
    UNKNOWN = "unknown"
    NOT_SENT = "not_sent"
    PENDING = "pending"


class Reason(StrEnum):
    """Why somebody refused. A connector translates what its network says; OTHER is what it cannot name."""

    OTHER = "other"
    GENERIC = "generic"
    AUTHENTICATION_REQUIRED = "authentication_required"
    CALL_ISSUER = "call_issuer"
    COUNT_LIMIT = "count_limit"
    DUPLICATE = "duplicate"
    EXPIRED_CARD = "expired_card"
    FRAUDULENT = "fraudulent"
    INCORRECT_CVC = "incorrect_cvc"
    INCORRECT_NUMBER = "incorrect_number"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    INVALID_AMOUNT = "invalid_amount"
    ISSUER_AWAY = "issuer_away"
    LOST_CARD = "lost_card"
    NOT_ALLOWED = "not_allowed"
    PICKUP_CARD = "pickup_card"
    PROCESSING_ERROR = "processing_error"
    REENTER = "reenter"
    RESTRICTED_CARD = "restricted_card"
    STOLEN_CARD = "stolen_card"
    TEST_CARD_WANTED = "test_card_wanted"
    VELOCITY = "velocity"

    ACCOUNT_CLOSED = "account_closed"
    AMOUNT_LIMIT = "amount_limit"
    NO_ACCOUNT = "no_account"
    NOT_AUTHORIZED = "not_authorized"
    NUMBER_DEACTIVATED = "number_deactivated"
    WRONG_CURRENCY = "wrong_currency"


@dataclass(frozen=True, slots=True)
class Card:
    """A card as the shopper gave it. Its representation hides the number and the CVC."""

    number: str = field(repr=False)
    exp_month: int
    exp_year: int
    cvc: str | None = field(default=None, repr=False)
    postal_code: str | None = None
    line1: str | None = None


@dataclass(frozen=True, slots=True)
class ThreeDSecure:
    """The proof of authentication. `eci` "07" without a `cavv` states a payment that the merchant started himself."""

    eci: str
    cavv: str | None = None
    ds_transaction_id: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the acquirer said. Checks are "pass", "fail", "unavailable", or None when nothing was sent to check.

    `why` says it of a refusal in our words, `response_code` in the network's own, as the API shows it beside them.
    `reason` is for logs and operators; it never holds card data. `sick` is what the exchange tells of the acquirer's
    health, for its circuit breaker: True for no usable answer, "I broke" and lines that do not stand, False for any
    decision; None when it tells nothing, for the message did not fail at the acquirer.
    """

    outcome: Outcome
    response_code: str | None = None
    acquirer_ref: str | None = None
    authorization_code: str | None = None
    network_transaction_id: str | None = None
    cvc_check: str | None = None
    postal_check: str | None = None
    line1_check: str | None = None
    reason: str | None = None
    sick: bool | None = None
    why: Reason | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """What the acquirer knows of one key.

    `found`: approved, declined, reversed, tombstone, not_found, or no_answer when asking failed; of a refund also
    pending, and returned when its money came back (`why` says why, `response_code` in the network's own words).
    `amount` in minor units; `currency` in upper-case ISO 4217 letters, as the acquirer's own records have it.
    """

    found: str
    amount: int | None = None
    currency: str | None = None
    acquirer_ref: str | None = None
    authorization_code: str | None = None
    response_code: str | None = None
    why: Reason | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """A bank account as its owner gave it. Its representation hides the number."""

    number: str = field(repr=False)
    routing_number: str


class Connector(ABC):
    """One acquirer. `key` is the network key of the message (at most 64 characters), `deadline` seconds allowed.

    No method raises for anything that the network does: that is an Outcome. ValueError means a bad argument, or a
    message that this network does not know; nothing was sent then.
    """

    name: str
    longest_processing_seconds: float
    takes: ClassVar[frozenset[str]]
    """The types of payment methods that it moves money of."""

    async def authorize(self, *, key: str, card: Card, amount: int, currency: str, merchant_id: str,
                        merchant_name: str, three_d_secure: ThreeDSecure | None, capture: bool,
                        deadline: float) -> Answer:
        """Ask the issuer; `capture` makes it a sale (authorise and capture in one message), an amount of 0 asks only
        for its word on the card."""
        raise self._unknown("takes no cards")

    async def debit(self, *, key: str, account: Account, amount: int, currency: str, at: str,
                    deadline: float) -> Answer:
        """Collect from a bank account; `at` is the time in the payment's environment. The good answer is PENDING."""
        raise self._unknown("takes no bank accounts")

    async def increment(self, *, key: str, original_key: str, amount: int, currency: str, deadline: float) -> Answer:
        """Hold `amount` more under an approved authorisation."""
        raise self._unknown("holds nothing")

    async def capture(self, *, key: str, original_key: str, amount: int, currency: str, final: bool = True,
                      deadline: float) -> Answer:
        """Take money of an approved authorisation; after the `final` capture what was not captured is released."""
        raise self._unknown("holds nothing")

    async def void(self, *, key: str, original_key: str, amount: int, currency: str, deadline: float) -> Answer:
        """Reverse an approved authorisation or sale in full; of one captured in part, release the rest."""
        raise self._unknown("holds nothing")

    @abstractmethod
    async def refund(self, *, key: str, original_key: str, amount: int, currency: str, deadline: float) -> Answer:
        """Give back part or all of a capture or sale; `original_key` is the key of that message."""

    @abstractmethod
    async def cancel(self, *, key: str, original_key: str, deadline: float) -> Answer:
        """Cancel by our reference: reverses what was approved, refuses for good what has not come yet."""

    @abstractmethod
    async def inquire(self, *, key: str, deadline: float, at: str = "") -> Status:
        """Ask what became of a message, by its key; `at` is the time in the payment's environment."""

    @abstractmethod
    async def echo(self) -> bool:
        """True when the acquirer answers."""

    @abstractmethod
    async def close(self) -> None:
        """Hang up; whatever is in flight becomes UNKNOWN."""

    def _unknown(self, why: str) -> ValueError:
        return ValueError(f"{self.name} {why}")
