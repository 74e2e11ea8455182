"""The Event object; pure. `pay.event_json` renders the same object for webhooks (a test compares)."""

from typing import Any

import orjson

from backend.objects import anything, boolean, hash_of, integer, map_of, null, of, string, table, time, when

EVENT = table("event", "Something that happened to an object, with the object as it was right after it.", {
    "account": when(string),
    "api_version": null(string),
    "context": when(string),
    "created": of("created_at", time),
    "data": hash_of({"object": map_of(anything), "previous_attributes": when(map_of(anything))}),
    "livemode": boolean,
    "pending_webhooks": integer,
    "request": null(hash_of({"id": null(string), "idempotency_key": null(string)})),
    "type": string,
})


def event(row: dict[str, Any], *, livemode: bool) -> dict[str, Any]:
    """The Event object of contract section 10. The row's `data` is JSON text that was rendered with the change."""
    previous = row["previous_attributes"]
    data = {"object": orjson.loads(row["data"]), "previous_attributes": previous and orjson.loads(previous)}
    return EVENT.render(row, livemode=livemode, data=data,
                        request={"id": row["request_id"], "idempotency_key": row["idempotency_key"]})
