"""The table of timers, and a timer as `pay.due_write` takes it."""

from typing import ClassVar

from backend import rows
from backend.rows import Row, Time


class Due(Row):
    """Something is to be done for an object at a moment."""

    table: ClassVar = "pay.due"
    env: int
    kind: str
    object_id: str
    at: Time
    leased_until: Time | None
    lease: int


class Timer(Row):
    """A timer that is set, moved, or cancelled: then without a moment."""

    kind: str
    object_id: str
    at: Time | None


TIMER = rows.whole(Timer)
