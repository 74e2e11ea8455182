"""/v1/payment_intents"""

from typing import Any

from api.endpoint import Routes, read, staged
from api.payment_data import ACCOUNT_OPTIONS, DEPOSITS, DESCRIPTORS, METHOD_DATA, TYPES, renamed
from api.tokens import MANDATE
from backend import chargeable
from backend.context import Context
from backend.errors import InvalidRequest
from backend.fields.structures import Array, Hash, Metadata, Range
from backend.fields.tables import PAGE, SEARCH, SHIPPING, Table
from backend.fields.types import Amount, Boolean, Choice, Currency, Id, ReceiptEmail, Text, Type, Url
from backend.payments import intents, lookups, refusals
from backend.payments.holds import increments

Params = dict[str, Any]
_TYPES = Array(Choice(TYPES), max=20)
_OPTIONS = Hash({"card": Hash({
    "request_three_d_secure": Choice(("automatic", "any", "challenge")),
    "request_incremental_authorization": Choice(("if_available", "never")),
    "request_multicapture": Choice(("if_available", "never")),
}, unset=True), "us_bank_account": ACCOUNT_OPTIONS})
_SHARED: dict[str, Type] = {
    "description": Text(max=1000, unset=True), "metadata": Metadata(), "receipt_email": ReceiptEmail(unset=True),
    "shipping": SHIPPING,
    "setup_future_usage": Choice(("on_session", "off_session"), unset=True), "payment_method_options": _OPTIONS,
    "payment_method": Id("payment_method"), "payment_method_data": METHOD_DATA,
}
_NAMED = (("payment_method", "payment_method_data", "confirmation_token"),)
_WHOLE: dict[str, Type] = {
    **_SHARED, "customer": Id("customer"), "capture_method": Choice(("automatic", "automatic_async", "manual")),
    **DESCRIPTORS,
    "transfer_group": Text(max=500), "payment_method_types": _TYPES, "allowed_payment_method_types": _TYPES,
}
_CONFIRM: dict[str, Type] = {
    "return_url": Url(), "off_session": Boolean(), "error_on_requires_action": Boolean(), "use_stripe_sdk": Boolean(),
    "client_secret": Text(max=200), "confirmation_token": Id("confirmation_token"),
    "mandate": Id("mandate"), "mandate_data": MANDATE,
}
CREATE = Table({
    "amount": Amount(required=True), "currency": Currency(required=True), **_WHOLE,
    **{name: kind for name, kind in _CONFIRM.items() if name != "client_secret"}, "confirm": Boolean(),
    "confirmation_method": Choice(("automatic", "manual")),
    "automatic_payment_methods": Hash({"enabled": Boolean(required=True),
                                       "allow_redirects": Choice(("always", "never"))}),
}, exclusive=_NAMED)
UPDATE = Table({"amount": Amount(), "currency": Currency(), **_WHOLE, "client_secret": Text(max=200)},
               exclusive=_NAMED)
CONFIRM = Table({**_SHARED, **_CONFIRM, "payment_method_types": _TYPES, "allowed_payment_method_types": _TYPES},
                exclusive=_NAMED)
SHOPPER_CONFIRM = Table({
    **{name: _SHARED[name] for name in ("payment_method", "payment_method_data", "receipt_email", "shipping",
                                        "setup_future_usage")},
    **{name: _CONFIRM[name] for name in ("return_url", "error_on_requires_action", "use_stripe_sdk", "client_secret",
                                         "confirmation_token", "mandate_data")},
}, exclusive=_NAMED)
"""What a browser may say. Not whether the bank is asked, nor that its shopper is away: that is the merchant's word."""
CAPTURE = Table({**DESCRIPTORS, "amount_to_capture": Amount(), "metadata": Metadata(), "final_capture": Boolean()})
INCREMENT = Table({"amount": Amount(required=True), "description": Text(max=1000, unset=True), "metadata": Metadata(),
                   "statement_descriptor": DESCRIPTORS["statement_descriptor"]})
CANCEL = Table({"cancellation_reason": Choice(("duplicate", "fraudulent", "requested_by_customer", "abandoned")),
                "client_secret": Text(max=200)})
GET = Table({"client_secret": Text(max=200)})
FIND = Table({**PAGE, "customer": Id("customer"), "created": Range()})


async def create(ctx: Context, params: Params) -> Params:
    _only_when_confirming(params)
    chargeable.check(params["amount"], params["currency"])
    return await intents.create(ctx, renamed(params))


async def get(ctx: Context, params: Params, id: str) -> Params:
    return await intents.get(ctx, id, params.get("client_secret"))


async def update(ctx: Context, params: Params, id: str) -> Params:
    return await intents.update(ctx, id, renamed(params))


async def confirm(ctx: Context, params: Params, id: str) -> Params:
    return await intents.confirm(ctx, id, renamed(params))


async def capture(ctx: Context, params: Params, id: str) -> Params:
    return await intents.capture(ctx, id, params)


async def increment(ctx: Context, params: Params, id: str) -> Params:
    return await increments.create(ctx, id, params)


async def verify_microdeposits(ctx: Context, params: Params, id: str) -> Params:
    return await intents.verify_microdeposits(ctx, id, params)


async def apply_customer_balance(ctx: Context, params: Params, id: str) -> Params:
    return await refusals.apply_customer_balance(ctx, id)


async def cancel(ctx: Context, params: Params, id: str) -> Params:
    return await intents.cancel(ctx, id, params)


async def find(ctx: Context, params: Params) -> Params:
    return await lookups.find(ctx, params)


def _only_when_confirming(params: Params) -> None:
    if params.get("confirm"):
        return
    for name in ("return_url", "off_session", "error_on_requires_action", "confirmation_token", "mandate",
                 "mandate_data"):
        if name in params:
            raise InvalidRequest(f"The parameter {name} can only be used with confirm=true.", param=name,
                                 code="parameter_invalid_combination")


async def search(ctx: Context, params: Params) -> Params:
    return await lookups.search(ctx, params)


ROUTES: Routes = {
    "/v1/payment_intents/search": {
        "GET": read(search, SEARCH, returns="payment_intent", listed=True, about="Search payment intents by a query."),
    },
    "/v1/payment_intents": {
        "GET": read(find, FIND, returns="payment_intent", listed=True, about="List the payment intents, newest first."),
        "POST": staged(create, CREATE, returns="payment_intent",
                       about="Begin a payment; with confirm=true it is also tried at once."),
    },
    "/v1/payment_intents/{id}": {
        "GET": read(get, GET, publishable=True, returns="payment_intent", about="Retrieve a payment intent."),
        "POST": staged(update, UPDATE, returns="payment_intent",
                       about="Change a payment that was not confirmed yet."),
    },
    "/v1/payment_intents/{id}/confirm": {
        "POST": staged(confirm, CONFIRM, publishable=True, shopper=SHOPPER_CONFIRM, returns="payment_intent",
                       about="Try to take the payment with a payment method."),
    },
    "/v1/payment_intents/{id}/capture": {
        "POST": staged(capture, CAPTURE, returns="payment_intent",
                       about="Take the money that was authorised, all of it, a part, or part after part."),
    },
    "/v1/payment_intents/{id}/increment_authorization": {
        "POST": staged(increment, INCREMENT, returns="payment_intent", about="Raise the amount that is held."),
    },
    "/v1/payment_intents/{id}/apply_customer_balance": {
        "POST": staged(apply_customer_balance, returns="payment_intent", about="Pay from a customer's cash balance."),
    },
    "/v1/payment_intents/{id}/verify_microdeposits": {
        "POST": staged(verify_microdeposits, DEPOSITS, publishable=True, returns="payment_intent",
                       about="Verify a bank account by the two small deposits it got, and pay."),
    },
    "/v1/payment_intents/{id}/cancel": {
        "POST": staged(cancel, CANCEL, returns="payment_intent",
                       about="Give up a payment; what was authorised is released."),
    },
}
