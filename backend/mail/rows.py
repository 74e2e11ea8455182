"""The table of mails, a mail as `pay.mails_write` takes it, and what became of a try to send one."""

from typing import ClassVar

from backend import rows
from backend.rows import Row, Time


class Mail(Row):
    """One mail to one address."""

    table: ClassVar = "pay.mail"
    env: int
    id: str
    kind: str
    object_id: str
    reason: str
    address: str
    status: str
    attempts: int
    next_at: Time | None
    leased_until: Time | None
    lease: int
    answer: str | None
    sent_at: Time | None
    actor: str | None
    request_id: str | None
    created_at: Time


class Draft(Row):
    """A mail before it is written."""

    id: str
    kind: str
    object_id: str
    reason: str
    address: str
    next_at: Time
    actor: str | None
    request_id: str | None
    created_at: Time


class Sending(Row):
    """One try to send a mail, and its next status."""

    mail: str
    lease: int
    status: str
    answer: str
    next_at: Time | None
    sent_at: Time | None


DRAFT = rows.whole(Draft)
SENDING = rows.whole(Sending)
