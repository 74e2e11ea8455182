"""/v1/customers/{id}/tax_ids and /v1/tax_ids"""

from typing import Any

from api.customers import TAX_ID
from api.endpoint import Routes, local, read
from backend.context import Context
from backend.customers import tax_ids
from backend.db import Connection
from backend.errors import InvalidRequest, missing
from backend.fields.structures import Hash
from backend.fields.tables import PAGE, Table
from backend.fields.types import Choice, Id

Params = dict[str, Any]
CREATE = Table(TAX_ID)
_OWNER = Hash({"type": Choice(("customer", "self"), required=True), "customer": Id("customer")})
OWNED = Table({**TAX_ID, "owner": _OWNER})
FIND = Table(PAGE)
FIND_OWNED = Table({**PAGE, "owner": _OWNER})


async def create(ctx: Context, tx: Connection, params: Params, customer: str | None = None) -> Params:
    return await tax_ids.create(ctx, tx, customer or _owner(params), params)


async def get(ctx: Context, params: Params, id: str, customer: str | None = None) -> Params:
    return await tax_ids.get(ctx, customer, id)


async def delete(ctx: Context, tx: Connection, params: Params, id: str, customer: str | None = None) -> Params:
    return await tax_ids.delete(ctx, tx, customer, id)


async def find(ctx: Context, params: Params, customer: str | None = None) -> Params:
    url = f"/v1/customers/{customer}/tax_ids" if customer else None
    return await tax_ids.find(ctx, customer or _owner(params), params, url=url)


def _owner(params: Params) -> str | None:
    """The customer that `owner` names, or None for the account itself, which it is when nobody is named."""
    owner = params.get("owner") or {"type": "self"}
    if owner["type"] == "customer" and "customer" not in owner:
        raise missing("owner[customer]")
    if owner["type"] == "self" and "customer" in owner:
        raise InvalidRequest("owner[customer] can only be passed with owner[type]=customer.",
                             code="parameter_invalid_combination", param="owner[customer]")
    return owner.get("customer")


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
        "GET": read(find, FIND_OWNED, returns="tax_id", listed=True,
                    about="List the tax ids of the account itself, or of `owner`, newest first."),
        "POST": local(create, OWNED, creates=True, returns="tax_id",
                      about="Add a tax id to the account itself, or to `owner`."),
    },
    "/v1/tax_ids/{id}": {
        "GET": read(get, returns="tax_id", about="Retrieve a tax id."),
        "DELETE": local(delete, returns="tax_id", about="Delete a tax id."),
    },
}
