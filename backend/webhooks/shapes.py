"""Rows -> the WebhookEndpoint object and the portal's view of deliveries; pure."""

from typing import Any

from backend.clock import unix

Row = dict[str, Any]
SHOWN_BYTES_MAX = 2048


def endpoint(row: Row, *, livemode: bool, secret: str | None = None) -> Row:
    """The WebhookEndpoint object; `secret` is shown when it is made, and only then."""
    shape = {
        "id": row["id"],
        "object": "webhook_endpoint",
        "api_version": row["api_version"],
        "application": None,
        "created": unix(row["created_at"]),
        "description": row["description"],
        "enabled_events": row["enabled_events"],
        "livemode": livemode,
        "metadata": row["metadata"],
        "status": "enabled" if row["enabled"] else "disabled",
        "url": row["url"],
    }
    return shape | {"secret": secret} if secret else shape


def deleted(id: str) -> Row:
    """What remains of a deleted endpoint."""
    return {"id": id, "object": "webhook_endpoint", "deleted": True}


def delivery(row: Row) -> Row:
    """One delivery for the portal: attempt n of m, when the next one is due."""
    return {
        "id": str(row["id"]), "event": row["event_id"], "type": row["type"], "endpoint": row["endpoint_id"],
        "status": row["status"], "attempts": row["attempts"], "max_attempts": row["max_attempts"],
        "next_attempt": unix(row["next_at"]), "last_status": row["last_status"], "created": unix(row["created_at"]),
    }


def attempt(row: Row) -> Row:
    """One attempt for the portal, with the beginning of what the receiver said (nothing when it was blocked)."""
    said = row["response_body"]
    return {
        "number": row["number"], "manual": row["manual"], "url": row["url"], "outcome": row["outcome"],
        "status_code": row["status_code"], "error": row["error"], "latency_ms": row["latency_ms"],
        "created": unix(row["sent_at"]), "request_headers": row["request_headers"],
        "body_sha256": row["body_sha256"].hex(),
        "response": None if said is None else said[:SHOWN_BYTES_MAX].decode("utf-8", "replace"),
        "response_bytes": None if said is None else len(said),
    }
