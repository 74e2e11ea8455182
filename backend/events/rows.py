"""The table of events, and an event as `pay.events_write` takes it."""

from typing import ClassVar

from backend import rows
from backend.rows import Row, Time


class Event(Row):
    """What happened to an object, rendered once and for good."""

    table: ClassVar = "pay.event"
    env: int
    id: str
    type: str
    object_id: str
    object_seq: int
    api_version: str
    data: str
    previous_attributes: str | None
    request_id: str | None
    idempotency_key: str | None
    created_at: Time


class Draft(Row):
    """An event before it is written."""

    id: str
    type: str
    object_id: str
    data: str
    previous_attributes: str | None
    api_version: str
    request_id: str | None
    idempotency_key: str | None
    created_at: Time
    awaits: list[str]
    """The reactions that must have heard of it before merchants do."""


EVENT = rows.whole(Draft)
