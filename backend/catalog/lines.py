"""What an order holds: prices times quantities, all in one currency, and the totals that can be charged."""

from collections.abc import Iterable
from typing import Any

from backend import chargeable, money, pages
from backend.catalog import amounts, prices
from backend.catalog.shapes import ITEM
from backend.catalog.tables import PRICE, PRODUCT
from backend.context import Context
from backend.db import Connection
from backend.errors import InvalidRequest, NotFound, missing
from backend.resources import resources

Row = dict[str, Any]
QUANTITY_MAX = 999_999
_ADJUSTABLE_MAX = 99


async def priced(ctx: Context, tx: Connection, given: list[Row], currency: str | None) -> list[Row]:
    """Each entry of `line_items` with its amounts; `price_data` makes an archived price of its own.

    An entry that is `inline` is of such a price, made before for whoever sells it again. The currency is `currency`,
    else that of the first price. Raises InvalidRequest that names the parameter.
    """
    if not given:
        raise missing("line_items")
    found = [await _price(ctx, tx, one, f"line_items[{index}]") for index, one in enumerate(given)]
    chosen = currency or found[0][0]["currency"]
    return [_line(price, product, one["quantity"], chosen, "currency" if currency and not index else _said(one, index))
            for index, (one, (price, product)) in enumerate(zip(given, found, strict=True))]


def _said(given: Row, index: int) -> str:
    """Where the currency of an entry was said."""
    return f"line_items[{index}][{'price' if 'price' in given else 'price_data][currency'}]"


async def _price(ctx: Context, tx: Connection, given: Row, here: str) -> tuple[Row, Row]:
    """The price of one entry and its product, both in force."""
    data = given.get("price_data")
    if (data is None) == ("price" not in given):
        raise InvalidRequest(f"A line item has exactly one of price and price_data: pass {here}[price].",
                             code="parameter_missing" if data is None else "parameters_exclusive",
                             param=f"{here}[price]")
    if data is not None:
        return await _inline(ctx, tx, data, f"{here}[price_data]")
    param = f"{here}[price]"
    price = await resources.read(ctx, tx, PRICE, given["price"], param)
    product = await resources.read(ctx, tx, PRODUCT, price["product"], param)
    for name, one in (("price", price), ("product", product)):
        if not one["active"] and not given.get("inline"):
            raise InvalidRequest(f"The {name} '{one['id']}' is archived, so it cannot be bought. Make it active, or "
                                 "choose another price.", param=param)
    if price["type"] == "recurring":
        raise InvalidRequest("mode=payment takes one-time prices only; this price is recurring.", param=param)
    if price["custom_unit_amount"]:
        raise InvalidRequest("A price whose amount the customer chooses cannot be bought here yet; pass one with an "
                             "amount.", param=param)
    return price, product


async def _inline(ctx: Context, tx: Connection, data: Row, here: str) -> tuple[Row, Row]:
    """A price, and a product when it has `product_data`, made for this line alone: archived, and told to nobody."""
    if ("product" in data) == ("product_data" in data):
        raise InvalidRequest(f"price_data has exactly one of product and product_data: pass {here}[product_data].",
                             code="parameters_exclusive" if "product" in data else "parameter_missing",
                             param=f"{here}[product_data]")
    own = {**data, "active": False}
    if "product_data" in data:
        own["product_data"] = {**data["product_data"], "active": False}
    price = await prices.create(ctx, tx, own, within=here, told=False)
    product = await resources.read(ctx, tx, PRODUCT, price["product"])
    if "product" in data and not product["active"]:
        raise InvalidRequest(f"The product '{product['id']}' is archived, so it cannot be bought.",
                             param=f"{here}[product]")
    return price, product


def _line(price: Row, product: Row, quantity: int, currency: str, param: str) -> Row:
    terms = price
    if price["currency"] != currency:
        option = price.get("currency_options", {}).get(currency)
        if option is None:
            raise InvalidRequest("All line items must have the same currency, that of the order: the price "
                                 f"'{price['id']}' has no amount in {currency}.", param=param)
        terms = {**price, **option}
    amount = amounts.of_price(terms, quantity, money.step(currency))
    return {"price_id": price["id"], "product_id": product["id"], "name": product["name"],
            "description": product["description"], "images": product["images"], "quantity": quantity,
            "currency": currency, "unit_amount": amounts.whole(terms["unit_amount_decimal"]),
            "amount_subtotal": amount, "amount_discount": 0, "amount_total": amount}


def adjustable(given: Row | None, quantity: int, index: int) -> Row | None:
    """Within which bounds a shopper may change the quantity of `line_items[index]`; raises InvalidRequest."""
    if not given or not given["enabled"]:
        return None
    least, most = given.get("minimum", 0), given.get("maximum", max(_ADJUSTABLE_MAX, quantity))
    here = f"line_items[{index}][adjustable_quantity]"
    if least > most:
        raise InvalidRequest("minimum must not be above maximum.", param=f"{here}[minimum]")
    if not least <= quantity <= most:
        raise InvalidRequest(f"The quantity must be between {least} and {most}, the bounds of adjustable_quantity.",
                             param=f"line_items[{index}][quantity]")
    return {"enabled": True, "maximum": most, "minimum": least}


def total(lines: Iterable[Row], currency: str, what: str = "Checkout Session", *, shipping: int = 0) -> int:
    """What the lines and shipping come to; raises InvalidRequest when that is less or more than a payment can be."""
    due: int = sum(line["amount_total"] for line in lines) + shipping
    if due < money.minimum(currency):
        least = money.decimal_text(money.minimum(currency), currency)
        raise InvalidRequest(f"The {what}'s total amount due must add up to at least {least} {currency.upper()}.",
                             code="amount_too_small", param="line_items")
    chargeable.check_step(due, currency, "line_items")
    if due > (most := money.maximum(currency)):
        raise InvalidRequest(f"The {what}'s total amount due must be no more than "
                             f"{money.decimal_text(most, currency)} {currency.upper()}.",
                             code="amount_too_large", param="line_items")
    return due


async def shown(ctx: Context, lines: list[Row]) -> list[Row]:
    """The public line items, each with its price as it is today; one query for all prices."""
    found = await resources.many(ctx, PRICE, {line["price_id"] for line in lines})
    return [ITEM.render(line, description=line["name"], amount_subtotal=_subtotal(line),
                        price=found.get(line["price_id"]) or _former(ctx, line)) for line in lines]


def _subtotal(line: Row) -> int:
    return int(line["amount_total"] if line.get("amount_subtotal") is None else line["amount_subtotal"])


def _former(ctx: Context, line: Row) -> Row:
    """The price of a line from before the catalogue, which was kept with the line alone."""
    amount = line["unit_amount"]
    return PRICE.object.render(
        {"id": line["price_id"], "product": line["product_id"], "created_at": line["created_at"], "active": False,
         "billing_scheme": "per_unit", "currency": line["currency"], "type": "one_time", "unit_amount": amount,
         "unit_amount_decimal": str(amount), "tax_behavior": "unspecified"}, livemode=ctx.livemode)


async def page(ctx: Context, url: str, params: Row, lines: list[Row]) -> Row:
    """A page of line items in the order in which they were given; raises NotFound for a cursor that is none of them."""
    pages.cursor(params)
    limit = params.get("limit") or 10
    name = next((name for name in ("starting_after", "ending_before") if params.get(name)), None)
    rest = lines
    if name:
        at = next((at for at, line in enumerate(lines) if line["id"] == params[name]), None)
        if at is None:
            raise NotFound("item", params[name], name)
        rest = lines[at + 1:] if name == "starting_after" else lines[:at]
    cut = rest[-limit:] if name == "ending_before" else rest[:limit]
    return {"object": "list", "url": url, "has_more": len(rest) > limit, "data": await shown(ctx, cut)}
