"""/v1/charges"""

from typing import Any

from api.endpoint import Routes, local, read, staged
from api.payment_data import DESCRIPTORS
from backend import chargeable
from backend.context import Context
from backend.db import Connection
from backend.errors import InvalidRequest
from backend.fields.structures import Hash, Metadata, Range
from backend.fields.tables import PAGE, SEARCH, SHIPPING, Table
from backend.fields.types import Amount, Boolean, Choice, Currency, Id, ReceiptEmail, Text, Type
from backend.payments import charges

Params = dict[str, Any]
_WORDS: dict[str, Type] = {"description": Text(max=1000, unset=True), "metadata": Metadata(),
                           "receipt_email": ReceiptEmail(unset=True),
                           "shipping": SHIPPING, "transfer_group": Text(max=500)}
CREATE = Table({**_WORDS, **DESCRIPTORS, "amount": Amount(required=True), "capture": Boolean(),
                "currency": Currency(required=True), "customer": Id("customer"),
                **dict.fromkeys(("source", "card"), Id("source"))}, exclusive=(("source", "card"),))
UPDATE = Table({**_WORDS, "fraud_details": Hash({
    "user_report": Choice(("fraudulent", "safe"), required=True, unset=True)})})
CAPTURE = Table({**DESCRIPTORS, "amount": Amount(), "receipt_email": ReceiptEmail(), "transfer_group": Text(max=500)})
FIND = Table({**PAGE, "created": Range(), "customer": Id("customer"), "payment_intent": Id("payment_intent"),
              "transfer_group": Text(max=500)})


async def create(ctx: Context, params: Params) -> Params:
    if "card" in params:  # its older name
        params = {**{name: value for name, value in params.items() if name != "card"}, "source": params["card"]}
    if not params.get("source") and not params.get("customer"):
        raise InvalidRequest("Must provide source or customer: a token such as tok_visa, a payment method, or a "
                             "customer who has one.", code="parameter_missing", param="source")
    chargeable.check(params["amount"], params["currency"])
    return await charges.create(ctx, params)


async def get(ctx: Context, params: Params, id: str) -> Params:
    return await charges.get(ctx, id)


async def update(ctx: Context, tx: Connection, params: Params, id: str) -> Params:
    return await charges.update(ctx, tx, id, params)


async def capture(ctx: Context, params: Params, id: str) -> Params:
    return await charges.capture(ctx, id, params)


async def find(ctx: Context, params: Params) -> Params:
    return await charges.find(ctx, params)


async def search(ctx: Context, params: Params) -> Params:
    return await charges.search(ctx, params)


ROUTES: Routes = {
    "/v1/charges/search": {
        "GET": read(search, SEARCH, returns="charge", listed=True, about="Search charges by a query."),
    },
    "/v1/charges": {
        "GET": read(find, FIND, returns="charge", listed=True, about="List the charges, newest first."),
        "POST": staged(create, CREATE, returns="charge", about="Charge a card at once, by a token or a customer."),
    },
    "/v1/charges/{id}": {
        "GET": read(get, returns="charge", about="Retrieve a charge."),
        "POST": local(update, UPDATE, returns="charge", about="Change what a charge says."),
    },
    "/v1/charges/{id}/capture": {
        "POST": staged(capture, CAPTURE, returns="charge", about="Capture a charge that was only authorized."),
    },
}
