"""/v1/tokens and /v1/confirmation_tokens: the card itself goes to the vault; here is what stands for it."""

from typing import Any

from api.endpoint import Routes, local, read, staged
from api.payment_data import METHOD_DATA
from backend.context import Context
from backend.customers import confirmation_tokens, tokens, vault
from backend.db import Connection
from backend.errors import PermissionDenied
from backend.fields.structures import Hash, Raw
from backend.fields.tables import SHIPPING, Table
from backend.fields.types import Choice, Id, Integer, Text, Url

Params = dict[str, Any]
MANDATE = Hash({"customer_acceptance": Hash({
    "type": Choice(("online", "offline"), required=True), "accepted_at": Integer(max=32_503_680_000),
    "offline": Hash({}), "online": Hash({"ip_address": Text(max=45, unset=True),
                                         "user_agent": Text(max=1000, unset=True)})}, required=True)}, unset=True)
CARD = Table({"card": Raw(required=True)})
_NAMED = (("payment_method", "payment_method_data"),)
CONFIRMATION = Table({
    "mandate_data": MANDATE, "payment_method": Id("payment_method"), "payment_method_data": METHOD_DATA,
    "return_url": Url(),
    "setup_future_usage": Choice(("off_session", "on_session")), "shipping": SHIPPING}, one_of=_NAMED)


async def refused(ctx: Context, params: Params) -> Params:
    card = params["card"]
    raise vault.wrong_door(ctx, "card[number]" if isinstance(card, dict) and "number" in card else "card")


async def get(ctx: Context, params: Params, id: str) -> Params:
    return await tokens.get(ctx, id)


async def chosen(ctx: Context, params: Params) -> dict[str, str]:
    """Before a confirmation token is made: the method that it stands for."""
    return {"method": await confirmation_tokens.method(ctx, params)}


async def chosen_in_test(ctx: Context, params: Params) -> dict[str, str]:
    if ctx.livemode:
        raise PermissionDenied("Test helpers are for test mode and sandboxes.", code="testmode_only")
    return await chosen(ctx, params)


async def create(ctx: Context, tx: Connection, params: Params, method: str) -> Params:
    return await confirmation_tokens.create(ctx, tx, params, method)


async def confirmation(ctx: Context, params: Params, id: str) -> Params:
    return await confirmation_tokens.get(ctx, id)

_OBJECT = "confirmation_token"
ROUTES: Routes = {
    "/v1/tokens": {
        "POST": staged(refused, CARD, publishable=True, returns="token",
                       about="Make a token of a card: only at the vault's address, which this one tells."),
    },
    "/v1/tokens/{id}": {
        "GET": read(get, returns="token", about="Retrieve a token."),
    },
    "/v1/confirmation_tokens": {
        "POST": local(create, CONFIRMATION, creates=True, publishable=True, before=chosen, returns=_OBJECT,
                      about="Make a confirmation token of a card that the vault has."),
    },
    "/v1/confirmation_tokens/{id}": {
        "GET": read(confirmation, returns=_OBJECT, about="Retrieve a confirmation token."),
    },
    "/v1/test_helpers/confirmation_tokens": {
        "POST": local(create, CONFIRMATION, creates=True, before=chosen_in_test, returns=_OBJECT,
                      about="Make a confirmation token in test mode, as a browser would."),
    },
}
