"""A step of a try as `pay.brake_apply` counts it."""

from backend import rows
from backend.rows import Row


class Count(Row):
    """What a key counts, and what a try that begins is held against."""

    kind: str
    key: str
    seconds: float
    underway: int
    declined: int
    approved: int
    most: int | None = None
    room: int | None = None
    secure: int | None = None
    alarm: int | None = None


COUNT = rows.whole(Count)
