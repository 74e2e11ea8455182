"""/v1/customers/{id}/sources, and the older name for the same, /v1/customers/{id}/cards"""

from typing import Any

from api.endpoint import Routes, local, read
from backend.context import Context
from backend.customers import sources
from backend.db import Connection
from backend.errors import InvalidRequest
from backend.fields.structures import Metadata
from backend.fields.tables import EXPIRY, OWNER, PAGE, Table
from backend.fields.types import Boolean, Choice, Id, Type

Params = dict[str, Any]
NEW: dict[str, Type] = {"source": Id("token"), "card": Id("token"), "validate": Boolean()}
"""How a request brings a card: `card` is the older name of `source`."""
CREATE = Table({**NEW, "metadata": Metadata()}, one_of=(("source", "card"),))
UPDATE = Table({**OWNER, **EXPIRY, "metadata": Metadata()})
FIND = Table({**PAGE, "object": Choice(("card",))})


async def brought(ctx: Context, params: Params) -> str:
    """The id of the card that a request brings, to be kept; "" when it brings none."""
    param = next((name for name in ("source", "card") if name in params), None)
    if param is None:
        if "validate" in params:
            raise InvalidRequest("validate says whether the card in source is checked, and there is no source.",
                                 code="parameter_invalid_combination", param="validate")
        return ""
    return await sources.taken(ctx, params[param], param, validate=params.get("validate", True))


async def made(ctx: Context, params: Params, customer: str) -> dict[str, str]:
    """Before `create`: the card that the token becomes, and its issuer's word."""
    return {"customer": customer, "card": await brought(ctx, params)}


async def create(ctx: Context, tx: Connection, params: Params, customer: str, card: str) -> Params:
    return await sources.keep(ctx, tx, customer, card, metadata=params.get("metadata"))


async def get(ctx: Context, params: Params, customer: str, id: str) -> Params:
    return await sources.get(ctx, customer, id)


async def renewed(ctx: Context, params: Params, customer: str, id: str) -> Params:
    """Before `update`: the vault, which keeps the expiry, has it set."""
    given: Params = {name: params[name] for name in ("exp_month", "exp_year") if name in params}
    return {"customer": customer, "id": id, "card": await sources.renewed(ctx, customer, id, given)}


async def update(ctx: Context, tx: Connection, params: Params, customer: str, id: str, card: Params | None) -> Params:
    return await sources.update(ctx, tx, customer, id, params, card)


async def delete(ctx: Context, tx: Connection, params: Params, customer: str, id: str) -> Params:
    return await sources.delete(ctx, tx, customer, id)


async def find(ctx: Context, params: Params, customer: str) -> Params:
    return await sources.find(ctx, customer, params)


def _routes(path: str) -> Routes:
    return {
        path: {
            "GET": read(find, FIND, returns="card", listed=True, about="List the cards of a customer, newest first."),
            "POST": local(create, CREATE, creates=True, before=made, returns="card",
                          about="Keep a card with a customer, by its token, after asking its issuer."),
        },
        f"{path}/{{id}}": {
            "GET": read(get, returns="card", about="Retrieve a card of a customer."),
            "POST": local(update, UPDATE, before=renewed, returns="card",
                          about="Change the expiry of a customer's card, or what is said of its owner."),
            "DELETE": local(delete, returns="card", about="Take a card from its customer, for good."),
        },
    }


ROUTES: Routes = {path: methods for name in ("sources", "cards")
                  for path, methods in _routes(f"/v1/customers/{{customer}}/{name}").items()}
