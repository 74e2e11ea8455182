"""/v1/events"""

from typing import Any

from api.endpoint import Routes, read
from backend.context import Context
from backend.events import events
from backend.fields.structures import Array, Range
from backend.fields.tables import PAGE, Table
from backend.fields.types import Text

Params = dict[str, Any]
TYPES_MAX = 20
FIND = Table({**PAGE, "type": Text(max=200), "types": Array(Text(max=200), max=TYPES_MAX),
              "created": Range()})


async def find(ctx: Context, params: Params) -> Params:
    return await events.find(ctx, params)


async def get(ctx: Context, params: Params, id: str) -> Params:
    return await events.get(ctx, id)

ROUTES: Routes = {
    "/v1/events": {
        "GET": read(find, FIND, returns="event", listed=True, about="List what happened, newest first."),
    },
    "/v1/events/{id}": {
        "GET": read(get, returns="event", about="Retrieve one event."),
    },
}
