"""The WebhookEndpoint object and the portal's view of deliveries; pure."""

from typing import Any

from backend.clock import unix
from backend.objects import METADATA, boolean, enum, list_of, null, of, string, table, time, when

Row = dict[str, Any]
SHOWN_BYTES_MAX = 2048

ENDPOINT = table("webhook_endpoint", "An address of yours that events are sent to.", {
    "api_version": null(string),
    "application": null(string),
    "created": of("created_at", time),
    "description": null(string),
    "enabled_events": list_of(string),
    "livemode": boolean,
    "metadata": METADATA,
    "secret": when(string),
    "status": enum("disabled", "enabled"),
    "url": string,
})


def endpoint(row: Row, *, livemode: bool, secret: str | None = None) -> Row:
    """The WebhookEndpoint object; `secret` is shown when it is made, and only then."""
    return ENDPOINT.render(row, livemode=livemode, secret=secret, status="enabled" if row["enabled"] else "disabled")


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
