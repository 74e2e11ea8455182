"""One message to the outside as its row has it, and what its end writes there."""

from typing import ClassVar

from backend import rows
from backend.rows import Json, Row, Time, Uuid


class Attempt(Row):
    """One message to an acquirer, or to a bank."""

    table: ClassVar = "pay.attempt"
    env: int
    id: Uuid
    payment_id: str | None
    refund_id: str | None = None
    payout_id: str | None = None
    kind: str
    number: int
    status: str
    step: int
    network_key: str
    original_key: str | None
    connector: str
    acquirer_ref: str | None = None
    amount: int
    currency: str
    charge_id: str | None
    payment_method_id: str | None
    three_d_secure: Json | None = None
    answer: Json | None = None
    note: str | None = None
    idempotency_key: str | None
    actor: str | None
    request_id: str | None
    sent_at: Time
    next_check_at: Time | None
    check_no: int
    leased_until: Time | None = None
    cancel_sent_at: Time | None = None
    published: bool | None = None
    answers: str | None = None
    mandate_id: str | None = None
    asked: Json | None = None
    sent_again: int | None
    brake: Json | None = None

    @property
    def of_payment(self) -> str:
        """The payment that it is about; only a payout's would have none."""
        assert self.payment_id
        return self.payment_id


class Ending(Row):
    """What an answer writes on its attempt."""

    status: str
    acquirer_ref: str | None
    answer: Json | None = None
    note: str | None = None
    next_check_at: Time | None = None
    actor: str | None = None
    request_id: str | None = None


ATTEMPT = rows.whole(Attempt)
SETTLED = rows.change(rows.every(Attempt, Ending), "id", "check_no")
WRITE = rows.Lists("pay.attempts_write", {"attempts": ATTEMPT, "settles": SETTLED})
"""Everything that a step of a subject without a document of its own may write."""
