"""/v1/customers/{id}/balance_transactions"""

from typing import Any

from api.endpoint import Routes, local, read
from backend import money
from backend.context import Context
from backend.customers import balances
from backend.db import Connection
from backend.fields.structures import Metadata, Range
from backend.fields.tables import PAGE, Table
from backend.fields.types import Currency, Integer, Text

Params = dict[str, Any]
CREATE = Table({"amount": Integer(min=-money.AMOUNT_MAX, max=money.AMOUNT_MAX, required=True),
                "currency": Currency(required=True), "description": Text(max=350, unset=True), "metadata": Metadata()})
UPDATE = Table({"description": Text(max=350, unset=True), "metadata": Metadata()})
FIND = Table({**PAGE, "created": Range()})


async def create(ctx: Context, tx: Connection, params: Params, customer: str) -> Params:
    return await balances.create(ctx, tx, customer, params)


async def get(ctx: Context, params: Params, customer: str, id: str) -> Params:
    return await balances.get(ctx, customer, id)


async def update(ctx: Context, tx: Connection, params: Params, customer: str, id: str) -> Params:
    return await balances.update(ctx, tx, customer, id, params)


async def find(ctx: Context, params: Params, customer: str) -> Params:
    return await balances.find(ctx, customer, params)

_OBJECT = "customer_balance_transaction"
ROUTES: Routes = {
    "/v1/customers/{customer}/balance_transactions": {
        "GET": read(find, FIND, returns=_OBJECT, listed=True, about="List the changes of a customer's balance."),
        "POST": local(create, CREATE, creates=True, returns=_OBJECT, about="Move a customer's balance."),
    },
    "/v1/customers/{customer}/balance_transactions/{id}": {
        "GET": read(get, returns=_OBJECT, about="Retrieve a change of a customer's balance."),
        "POST": local(update, UPDATE, returns=_OBJECT, about="Change what is said of a change of a balance."),
    },
}
