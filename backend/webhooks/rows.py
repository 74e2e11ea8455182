"""What became of a delivery, as `pay.delivery_record` takes it."""

from backend import rows
from backend.rows import Json, Row, Time, Uuid


class Sending(Row):
    """One try to deliver, and the delivery's next status."""

    delivery: Uuid
    lease: int
    manual: bool
    status: str
    last_status: int | None
    attempts: int
    max_attempts: int
    next_at: Time | None
    now: Time
    number: int
    url: str
    request_headers: Json
    body_sha256: str
    outcome: str
    error: str | None
    latency_ms: int
    sent_at: Time


SENDING = rows.whole(Sending)
