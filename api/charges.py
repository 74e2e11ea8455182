"""/v1/charges"""

from typing import Any

from api.endpoint import Routes, read
from api.params import PAGE, SEARCH, Table
from api.types import Text
from backend.context import Context
from backend.payments import charges

Params = dict[str, Any]
FIND = Table({**PAGE, "customer": Text(max=100), "payment_intent": Text(max=100)})


async def get(ctx: Context, params: Params, id: str) -> Params:
    return await charges.get(ctx, id)


async def find(ctx: Context, params: Params) -> Params:
    return await charges.find(ctx, params)


async def search(ctx: Context, params: Params) -> Params:
    return await charges.search(ctx, params)


ROUTES: Routes = {
    "/v1/charges/search": {
        "GET": read(search, SEARCH, returns="charge", listed=True, about="Search charges by a query."),
    },
    "/v1/charges": {
        "GET": read(find, FIND, returns="charge", listed=True),
    },
    "/v1/charges/{id}": {
        "GET": read(get, returns="charge"),
    },
}
