"""The connector port: what any acquirer connector must be able to do, and the words it answers with.

A connector is idempotent by our key, is asked by our key, and cancels by our key leaving a tombstone (money rule 3).
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Outcome(StrEnum):
    """What is known after a message was sent.

    UNKNOWN may hide an approval: only a query settles it. NOT_SENT means that no byte left this process. PENDING: the
    acquirer has a refund and decides later.
    """

    APPROVED = "approved"
    DECLINED = "declined"
    UNKNOWN = "unknown"
    NOT_SENT = "not_sent"
    PENDING = "pending"


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


@dataclass(frozen=True, slots=True)
class Status:
    """What the acquirer knows of one key.

    `found`: approved, declined, reversed, tombstone, not_found, or no_answer when asking failed; of a refund also
    pending, and returned when its money came back (`response_code` says why). `amount` in
    minor units; `currency` in upper-case ISO 4217 letters, as the acquirer's own records have it.
    """

    found: str
    amount: int | None = None
    currency: str | None = None
    acquirer_ref: str | None = None
    authorization_code: str | None = None
    response_code: str | None = None


class Connector(Protocol):
    """One acquirer. `key` is the network key of the message (at most 64 characters), `deadline` seconds allowed.

    No method raises for anything that the network does: that is an Outcome. ValueError means a bad argument.
    """

    name: str
    longest_processing_seconds: float

    async def authorize(self, *, key: str, card: Card, amount: int, currency: str, merchant_id: str,
                        merchant_name: str, three_d_secure: ThreeDSecure | None, capture: bool,
                        deadline: float) -> Answer:
        """Ask the issuer; `capture` makes it a sale (authorise and capture in one message)."""
        ...

    async def increment(self, *, key: str, original_key: str, amount: int, currency: str, deadline: float) -> Answer:
        """Hold `amount` more under an approved authorisation."""
        ...

    async def capture(self, *, key: str, original_key: str, amount: int, currency: str, final: bool = True,
                      deadline: float) -> Answer:
        """Take money of an approved authorisation; after the `final` capture what was not captured is released."""
        ...

    async def void(self, *, key: str, original_key: str, amount: int, currency: str, deadline: float) -> Answer:
        """Reverse an approved authorisation or sale in full; of one captured in part, release the rest."""
        ...

    async def refund(self, *, key: str, original_key: str, amount: int, currency: str, deadline: float) -> Answer:
        """Give back part or all of a capture or sale; `original_key` is the key of that message."""
        ...

    async def cancel(self, *, key: str, original_key: str, deadline: float) -> Answer:
        """Cancel by our reference: reverses what was approved, refuses for good what has not come yet."""
        ...

    async def inquire(self, *, key: str, deadline: float, at: str = "") -> Status:
        """Ask what became of a message, by its key; `at` is the time in the payment's environment."""
        ...

    async def echo(self) -> bool:
        """True when the acquirer answers."""
        ...

    async def close(self) -> None:
        """Hang up; whatever is in flight becomes UNKNOWN."""
        ...
