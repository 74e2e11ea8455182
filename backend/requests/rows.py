"""What is written of requests: their keys, their answers, their log."""

from typing import ClassVar

from backend import rows
from backend.rows import Row, Time


class Claim(Row):
    """An idempotency key that a request takes for so many seconds."""

    key: str
    hash: str
    lease: float
    request_id: str | None


class Finish(Row):
    """The answer of the request that holds a key."""

    key: str
    code: int
    body: str
    resource: str | None


class Request(Row):
    """A line of the log."""

    table: ClassVar = "pay.request"
    env: int
    at: Time
    id: str
    method: str
    path: str
    status: int
    ms: float
    code: str | None
    key_id: str
    version: str
    idempotency_key: str | None
    ip: str
    user_agent: str
    params: str
    answer: str
    objects: list[str]


CLAIM = rows.whole(Claim)
FINISH = rows.whole(Finish)
REQUEST = rows.whole(Request, but=("env",))
