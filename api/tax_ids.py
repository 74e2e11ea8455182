"""/v1/customers/{id}/tax_ids and /v1/tax_ids"""

from typing import Any

from api.customers import TAX_ID
from api.endpoint import Routes, local, read
from api.params import PAGE, Table
from api.structures import Hash
from api.types import Choice, Id
from backend.context import Context
from backend.customers import tax_ids
from backend.db import Connection

Params = dict[str, Any]
CREATE = Table(TAX_ID)
OWNED = Table({**TAX_ID, "owner": Hash({"type": Choice(("customer",), required=True),
                                        "customer": Id("customer", required=True)}, required=True)})
FIND = Table(PAGE)
FIND_OWNED = Table({**PAGE, "owner": Hash({"type": Choice(("customer",), required=True),
                                           "customer": Id("customer", required=True)})})


async def create(ctx: Context, tx: Connection, params: Params, customer: str | None = None) -> Params:
    return await tax_ids.create(ctx, tx, customer or params["owner"]["customer"], params)


async def get(ctx: Context, params: Params, id: str, customer: str | None = None) -> Params:
    return await tax_ids.get(ctx, customer, id)


async def delete(ctx: Context, tx: Connection, params: Params, id: str, customer: str | None = None) -> Params:
    return await tax_ids.delete(ctx, tx, customer, id)


async def find(ctx: Context, params: Params, customer: str | None = None) -> Params:
    return await tax_ids.find(ctx, customer or (params.get("owner") or {}).get("customer"), params)

ROUTES: Routes = {
    "/v1/customers/{customer}/tax_ids": {
        "GET": read(find, FIND, returns="tax_id", listed=True, about="List the tax ids of a customer."),
        "POST": local(create, CREATE, creates=True, returns="tax_id", about="Add a tax id to a customer."),
    },
    "/v1/customers/{customer}/tax_ids/{id}": {
        "GET": read(get, returns="tax_id", about="Retrieve a tax id of a customer."),
        "DELETE": local(delete, returns="tax_id", about="Delete a tax id of a customer."),
    },
    "/v1/tax_ids": {
        "GET": read(find, FIND_OWNED, returns="tax_id", listed=True, about="List the tax ids, newest first."),
        "POST": local(create, OWNED, creates=True, returns="tax_id", about="Add a tax id to its owner."),
    },
    "/v1/tax_ids/{id}": {
        "GET": read(get, returns="tax_id", about="Retrieve a tax id."),
        "DELETE": local(delete, returns="tax_id", about="Delete a tax id."),
    },
}
