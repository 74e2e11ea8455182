"""Shipping rates: create, get, update, find. What a rate costs never changes."""

from collections.abc import Iterable
from typing import Any

from backend import chargeable
from backend.catalog.tables import SHIPPING_RATE
from backend.context import Context
from backend.db import Connection
from backend.errors import InvalidRequest, missing
from backend.metadata import merged
from backend.resources import resources

Row = dict[str, Any]
_IN_DAYS = {"hour": 1 / 24, "day": 1, "business_day": 1, "week": 7, "month": 30}


async def create(ctx: Context, tx: Connection, params: Row, within: str = "") -> Row:
    """A new shipping rate; `within` is the hash of the request in which the parameters came."""
    def at(name: str) -> str:
        return f"{within}[{name}]" if within else name

    fixed = params.get("fixed_amount")
    if not fixed:
        raise missing(at("fixed_amount"))
    estimate = params.get("delivery_estimate") or {}
    first, last = estimate.get("minimum"), estimate.get("maximum")
    if first and last and first["value"] * _IN_DAYS[first["unit"]] > last["value"] * _IN_DAYS[last["unit"]]:
        raise InvalidRequest("The delivery estimate ends before it begins.", param=at("delivery_estimate"))
    doc = {"active": True, "display_name": params["display_name"], "fixed_amount": _amount(fixed, at("fixed_amount")),
           "delivery_estimate": {"minimum": first, "maximum": last} if estimate else None,
           "metadata": merged({}, params.get("metadata")), "type": "fixed_amount",
           "tax_behavior": params.get("tax_behavior") or "unspecified"}
    return await resources.create(ctx, tx, SHIPPING_RATE, doc)


def _amount(fixed: Row, here: str) -> Row:
    options = fixed.get("currency_options")
    _check(fixed["amount"], fixed["currency"], f"{here}[amount]")
    return {"amount": fixed["amount"], "currency": fixed["currency"],
            **({"currency_options": _options(options, here)} if options else {})}


def _check(amount: int, currency: str, param: str) -> None:
    chargeable.check_step(amount, currency, param)
    chargeable.check_maximum(amount, currency, param)


def _options(given: Row, here: str) -> Row:
    for code, one in given.items():
        _check(one["amount"], code, f"{here}[currency_options][{code}][amount]")
    return {code: {"amount": one["amount"], "tax_behavior": one.get("tax_behavior") or "unspecified"}
            for code, one in given.items()}


async def get(ctx: Context, id: str) -> Row:
    """One shipping rate; raises NotFound."""
    return await resources.get(ctx, SHIPPING_RATE, id)


async def many(ctx: Context, wanted: Iterable[str]) -> dict[str, Row]:
    """Shipping rates by id, in one query."""
    return await resources.many(ctx, SHIPPING_RATE, wanted)


async def update(ctx: Context, tx: Connection, id: str, params: Row) -> Row:
    """Archive it, change its metadata, add currencies, or say its tax behaviour where it was not said."""
    row = await resources.lock(ctx, tx, SHIPPING_RATE, id)
    changes: Row = {name: params[name] for name in ("active", "metadata", "tax_behavior") if name in params}
    if row["tax_behavior"] not in ("unspecified", changes.get("tax_behavior", row["tax_behavior"])):
        raise InvalidRequest(f"The tax_behavior of a shipping rate cannot be changed once it is {row['tax_behavior']}.",
                             param="tax_behavior")
    if "fixed_amount" in params:
        fixed, new = row["fixed_amount"], _options(params["fixed_amount"]["currency_options"], "fixed_amount")
        old = fixed.get("currency_options", {})
        for code, one in new.items():
            if code == fixed["currency"] or old.get(code, one)["amount"] != one["amount"]:
                raise InvalidRequest("What a shipping rate costs never changes; create a new one instead.",
                                     param=f"fixed_amount[currency_options][{code}]")
        changes["fixed_amount"] = {**fixed, "currency_options": {**old, **new}}
    return await resources.save(ctx, tx, SHIPPING_RATE, row, changes)


async def find(ctx: Context, params: Row) -> Row:
    """A page of shipping rates, newest first; filters active, created, currency."""
    return await resources.find(ctx, SHIPPING_RATE, params)
