"""/v1/setup_intents"""

from typing import Any

from api.endpoint import Routes, read, staged
from api.payment_data import ACCOUNT_OPTIONS, DEPOSITS, METHOD_DATA, TYPES, renamed
from api.tokens import MANDATE
from backend.context import Context
from backend.fields.structures import Array, Hash, Metadata, Range
from backend.fields.tables import PAGE, Table
from backend.fields.types import Amount, Boolean, Choice, Currency, Id, Text, Type, Url
from backend.setups import setup_intents

Params = dict[str, Any]
_TYPES = Array(Choice(TYPES), max=20, unset=True)
_NAMED = (("payment_method", "payment_method_data", "confirmation_token"),)
_SHARED: dict[str, Type] = {
    "payment_method": Id("payment_method"), "payment_method_data": METHOD_DATA,
    "payment_method_options": Hash({"card": Hash({
        "request_three_d_secure": Choice(("automatic", "any", "challenge"))}), "us_bank_account": ACCOUNT_OPTIONS}),
}
_CONFIRM: dict[str, Type] = {
    "client_secret": Text(max=200), "confirmation_token": Id("confirmation_token"), "mandate_data": MANDATE,
    "return_url": Url(),
    "use_stripe_sdk": Boolean(),
}
_WHOLE: dict[str, Type] = {
    "customer": Id("customer"), "description": Text(max=1000, unset=True), "metadata": Metadata(),
    "payment_method_types": _TYPES,
    "allowed_payment_method_types": _TYPES,
}
CREATE = Table({
    **_SHARED, **_WHOLE, **{name: _CONFIRM[name] for name in _CONFIRM if name != "client_secret"},
    "automatic_payment_methods": Hash({"enabled": Boolean(required=True),
                                       "allow_redirects": Choice(("always", "never"))}),
    "confirm": Boolean(), "usage": Choice(("off_session", "on_session")),
    "single_use": Hash({"amount": Amount(required=True), "currency": Currency(required=True)}),
}, exclusive=(*_NAMED, ("payment_method_types", "allowed_payment_method_types")))
UPDATE = Table({**_SHARED, **_WHOLE}, exclusive=_NAMED)
CONFIRM = Table({**_SHARED, **_CONFIRM}, exclusive=_NAMED)
SHOPPER_CONFIRM = Table({**{name: kind for name, kind in _SHARED.items() if name != "payment_method_options"},
                         **_CONFIRM}, exclusive=_NAMED)
CANCEL = Table({"cancellation_reason": Choice(("abandoned", "duplicate", "requested_by_customer"))})
GET = Table({"client_secret": Text(max=200)})
FIND = Table({**PAGE, "created": Range(), "customer": Id("customer"), "payment_method": Id("payment_method")})
ATTEMPTS = Table({**PAGE, "created": Range(), "setup_intent": Id("setup_intent", required=True)})


async def create(ctx: Context, params: Params) -> Params:
    return await setup_intents.create(ctx, renamed(params))


async def get(ctx: Context, params: Params, id: str) -> Params:
    return await setup_intents.get(ctx, id, params.get("client_secret"))


async def update(ctx: Context, params: Params, id: str) -> Params:
    return await setup_intents.update(ctx, id, renamed(params))


async def confirm(ctx: Context, params: Params, id: str) -> Params:
    return await setup_intents.confirm(ctx, id, params)


async def verify_microdeposits(ctx: Context, params: Params, id: str) -> Params:
    return await setup_intents.verify_microdeposits(ctx, id, params)


async def cancel(ctx: Context, params: Params, id: str) -> Params:
    return await setup_intents.cancel(ctx, id, params)


async def find(ctx: Context, params: Params) -> Params:
    return await setup_intents.find(ctx, params)


async def attempts(ctx: Context, params: Params) -> Params:
    return await setup_intents.attempts(ctx, params)

_OBJECT = "setup_intent"
ROUTES: Routes = {
    "/v1/setup_intents": {
        "GET": read(find, FIND, returns=_OBJECT, listed=True, about="List the setup intents, newest first."),
        "POST": staged(create, CREATE, returns=_OBJECT, about="Create a setup intent, and set a method up at once."),
    },
    "/v1/setup_intents/{id}": {
        "GET": read(get, GET, publishable=True, returns=_OBJECT, about="Retrieve a setup intent."),
        "POST": staged(update, UPDATE, returns=_OBJECT, about="Change a setup intent that is still open."),
    },
    "/v1/setup_intents/{id}/confirm": {
        "POST": staged(confirm, CONFIRM, publishable=True, shopper=SHOPPER_CONFIRM, returns=_OBJECT,
                       about="Set a card or a bank account up: authenticate it where that is asked for, and keep it."),
    },
    "/v1/setup_intents/{id}/verify_microdeposits": {
        "POST": staged(verify_microdeposits, DEPOSITS, publishable=True, returns=_OBJECT,
                       about="Verify a bank account by the two small deposits it got, and keep it."),
    },
    "/v1/setup_intents/{id}/cancel": {
        "POST": staged(cancel, CANCEL, returns=_OBJECT, about="Give a setup intent up."),
    },
    "/v1/setup_attempts": {
        "GET": read(attempts, ATTEMPTS, returns="setup_attempt", listed=True,
                    about="List the tries of one setup intent, newest first."),
    },
}
