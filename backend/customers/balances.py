"""What a customer owes (positive) or is owed (negative), in one currency: every change is a row that stays.

The customer's row is locked while its balance moves, so each change starts where the one before it ended.
"""

from typing import Any

from backend import money
from backend.context import Context
from backend.customers import customers, shapes
from backend.db import Connection
from backend.errors import InvalidRequest, NotFound
from backend.metadata import merged
from backend.resources import resources
from backend.resources.resources import Resource

Row = dict[str, Any]
CHANGE = Resource(shapes.BALANCE_TRANSACTION, "cbtxn", "pay.customer_balance_transaction", "", filters={
    "customer": "r.customer_id = %(customer)s"}, private=("number",))


async def set_to(ctx: Context, tx: Connection, customer: str, balance: int, currency: str, type: str) -> None:
    """Move a customer's balance to so many minor units, by a change of this `type`; nothing when it is there already.
    `currency` counts for a balance that never moved."""
    row = await customers.lock(ctx, tx, customer, "id")
    if change := balance - (row["balance"] or 0):
        try:
            await create(ctx, tx, customer, {"amount": change, "currency": row["currency"] or currency}, type)
        except InvalidRequest as error:
            error.param = "balance"
            raise


async def create(ctx: Context, tx: Connection, customer: str, params: Row, type: str = "adjustment") -> Row:
    """Move a customer's balance by `amount` minor units (negative: to the customer's credit); customer.updated."""
    row = await customers.lock(ctx, tx, customer, "id")
    currency = row["currency"] or params["currency"]
    if currency != params["currency"]:
        raise InvalidRequest(f"This customer's balance is kept in {currency}, so it cannot be changed in "
                             f"{params['currency']}.", param="currency", code="customer_balance_currency_mismatch")
    if params["amount"] == 0:
        raise InvalidRequest("An adjustment of 0 changes nothing.", param="amount", code="parameter_invalid_integer")
    ending = (row["balance"] or 0) + params["amount"]
    if abs(ending) > money.AMOUNT_MAX * 100:
        raise InvalidRequest(f"The balance would be {ending}, which is more than is allowed.", param="amount",
                             code="amount_too_large")
    number = (row["balance_changes"] or 0) + 1
    made = await resources.create(ctx, tx, CHANGE, {
        "customer": customer, "amount": params["amount"], "currency": currency, "ending_balance": ending,
        "number": number, "description": params.get("description") or None, "type": type,
        "metadata": merged({}, params.get("metadata"))})
    await customers.save(ctx, tx, row, {"balance": ending, "currency": currency, "balance_changes": number})
    return made


async def get(ctx: Context, customer: str, id: str) -> Row:
    """One change of that customer's balance; raises NotFound."""
    row = await resources.row(ctx, CHANGE, id)
    if row["customer"] != customer:
        raise NotFound("customer_balance_transaction", id)
    return CHANGE.shown(ctx, row)


async def update(ctx: Context, tx: Connection, customer: str, id: str, params: Row) -> Row:
    """Change what is said of it, never what it did."""
    row = await resources.lock(ctx, tx, CHANGE, id)
    if row["customer"] != customer:
        raise NotFound("customer_balance_transaction", id)
    changes = {"description": params["description"] or None} if "description" in params else {}
    changes |= {"metadata": params["metadata"]} if "metadata" in params else {}
    return await resources.save(ctx, tx, CHANGE, row, changes)


async def find(ctx: Context, customer: str, params: Row) -> Row:
    """A page of the changes of one customer's balance, newest first."""
    await customers.get(ctx, customer)
    return await resources.find(ctx, CHANGE, {**params, "customer": customer},
                                url=f"/v1/customers/{customer}/balance_transactions")
