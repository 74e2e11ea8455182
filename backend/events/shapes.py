"""Row -> the Event object; pure. `pay.outbox_dispatch` renders the same object for webhooks (a test compares)."""

from typing import Any

import orjson

from backend.clock import unix


def event(row: dict[str, Any], *, livemode: bool) -> dict[str, Any]:
    """The Event object of contract section 10. The row's `data` is JSON text that was rendered with the change."""
    data: dict[str, Any] = {"object": orjson.loads(row["data"])}
    if row["previous_attributes"] is not None:
        data["previous_attributes"] = orjson.loads(row["previous_attributes"])
    return {
        "id": row["id"],
        "object": "event",
        "api_version": row["api_version"],
        "created": unix(row["created_at"]),
        "data": data,
        "livemode": livemode,
        "pending_webhooks": row["pending_webhooks"],
        "request": {"id": row["request_id"], "idempotency_key": row["idempotency_key"]},
        "type": row["type"],
    }
