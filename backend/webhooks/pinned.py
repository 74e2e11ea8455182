"""Endpoints with an `api_version` of their own: a delivery's body is turned into that version once, before it is sent.

The body says in which version it stands, and the version of an endpoint never changes, so doing it twice is harmless;
what was stored first is what every attempt sends.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

import orjson

from backend.context import Context, Environment, Runtime
from backend.versions import versions
from backend.webhooks import sql

Json = dict[str, Any]
Lists = Mapping[tuple[str, str], Callable[[Context, Iterable[str]], Awaitable[dict[str, Json]]]]
"""What loads the lists that old forms of an object carry, by (object, field) and the objects' ids."""


async def bodies(runtime: Runtime, env: int, due: list[tuple[str, str, int, bytes]], lists: Lists) -> dict[str, bytes]:
    """The bodies of those deliveries (id, endpoint, lease, body) that had to be turned, by id of the delivery."""
    rows = await runtime.db.rows(env, sql.PINNED, (env, sorted({endpoint for _, endpoint, _, _ in due})))
    pinned = {row["id"]: row["api_version"] for row in rows}
    turned: dict[str, bytes] = {}
    for id, endpoint, lease, body in due:
        if endpoint not in pinned:
            continue
        event = orjson.loads(body)
        if event["api_version"] != pinned[endpoint]:
            new = await _turned(runtime, env, event, pinned[endpoint], lists)
            if await runtime.db.execute(env, sql.TURN, (new, env, id, lease)):
                turned[id] = new
    return turned


async def _turned(runtime: Runtime, env: int, event: Json, version: str, lists: Lists) -> bytes:
    ctx = Context(runtime=runtime, environment=Environment(env, livemode=event["livemode"]))
    for object, name in versions.included(version):
        some = [shape for shape in versions.objects(event["data"]["object"])
                if shape["object"] == object and name not in shape]
        if some and (object, name) in lists:
            found = await lists[object, name](ctx, [shape["id"] for shape in some])
            for shape in some:
                shape[name] = found[shape["id"]]
    data = event["data"]
    data["object"] = versions.older(data["object"], version)
    if data.get("previous_attributes") and isinstance(data["object"], dict):
        before = {"object": data["object"].get("object"), **data["previous_attributes"]}
        after = versions.older(before, version)
        data["previous_attributes"] = {name: value for name, value in after.items()
                                       if name in data["previous_attributes"] and name in data["object"]}
    return orjson.dumps(event | {"api_version": version})
