"""Mandates end with the payment method that they speak of."""

from collections.abc import Iterable

from backend.context import Context
from backend.customers.mandates import MANDATE
from backend.db import Connection
from backend.events import events
from backend.resources import resources
from backend.setups import sql


async def end(ctx: Context, tx: Connection, methods: Iterable[str]) -> None:
    """The mandates of methods that were detached become inactive; writes mandate.updated for each."""
    rows = (await tx.execute(sql.MANDATES_OF, {"env": ctx.env, "methods": list(methods)})).all()
    for (row,) in rows:
        shape = await resources.save(ctx, tx, MANDATE, row, {"status": "inactive"})
        await events.record(ctx, tx, type="mandate.updated", obj=shape, previous={"status": row["status"]})
