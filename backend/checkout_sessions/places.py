"""What a session must hold before money moves: its discount, counted, and one of its link's places.

`tries` counts the tries that may be under way. The first takes the places; when the last has surely failed they are
given back. A try that waits for its outcome (at the bank's check, or without an answer) keeps them until it has one.
All of it under the session's lock.
"""

from typing import Any

from backend.catalog import coupons, discounts
from backend.checkout_sessions import rows
from backend.context import Context
from backend.db import Connection
from backend.errors import InvalidRequest
from backend.payment_links import links

Row = dict[str, Any]


async def take(ctx: Context, tx: Connection, row: Row) -> None:
    """Begin a try; raises InvalidRequest, which a shopper can read, when the discount or the link is used up."""
    row["tries"] = (row["tries"] or 0) + 1
    if row["tries"] > 1:
        return
    if (discount := row["discount"]) and discount["promotion_code"]:
        await discounts.require_theirs(ctx, tx, discount["promotion_code"], rows.buyer(row))
    if discount and not await coupons.redeem(ctx, tx, discount["coupon"],
                                                                  discount["promotion_code"]):
        raise InvalidRequest("The discount of this order can no longer be used. Nothing was charged. Go back to the "
                             "store to start again.", code="coupon_expired")
    if row["payment_link_id"] and not await links.take_place(ctx, tx, row["payment_link_id"]):
        sold = links.sold_out(await links.row_in(ctx, tx, row["payment_link_id"]))
        raise InvalidRequest("The last one was sold while this page was open. You have not been charged." if sold else
                             "Somebody else is paying for the last one at this moment. You have not been charged. If "
                             "they do not finish, it becomes free again, so you can try once more later.",
                             code="payment_link_sold_out",
                             said=("sold_out" if sold else "declined_place_taken", {}))


async def failed(ctx: Context, tx: Connection, row: Row, count: int = 1) -> None:
    """End tries that surely charged nobody."""
    if count and (row["tries"] or 0) <= count:
        await give_back(ctx, tx, row)
    row["tries"] = max((row["tries"] or 0) - count, 0)


async def give_back(ctx: Context, tx: Connection, row: Row) -> None:
    """Return what `take` counted; for a session that ends unpaid, whatever tries it had."""
    if not row["tries"]:
        return
    if discount := row["discount"]:
        await coupons.give_back(ctx, tx, discount["coupon"], discount["promotion_code"])
    if row["payment_link_id"]:
        await links.give_back(ctx, tx, row["payment_link_id"])
