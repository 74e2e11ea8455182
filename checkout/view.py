"""What the templates show of a checkout session, with every amount as text."""

from typing import Any

from backend import countries
from backend.catalog import coupons, promotion_codes, shipping_rates
from backend.checkout_sessions import sessions
from backend.context import Context
from backend.customers import customers
from backend.web.amounts import amount
from checkout import words

Row = dict[str, Any]
_UNITS = {"business_day": "business day", "day": "day", "hour": "hour", "week": "week", "month": "month"}


async def of(ctx: Context, session: Row) -> Row:
    """The values of the page: seller, order, what is known of the shopper, and what else is asked."""
    currency, tag, items = session["currency"], locale(session), await sessions.sold(ctx, session["id"])
    details = session["customer_details"] or {}
    known = (await customers.get(ctx, session["customer"])).get("email") if session["customer"] else None
    return {
        "id": session["id"], "seller": ctx.account_name, "livemode": ctx.livemode,
        "cancel_url": session["cancel_url"], **_sums(session),
        "headline": _headline(ctx, session, items), **await _discount(ctx, session),
        "declined_title": words.of(session["mode"], "declined_title"),
        "details_title": words.of(session["mode"], "your_details"),
        "email": known or details.get("email") or session["customer_email"], "name": details.get("name"),
        "email_locked": bool(known), "full_address": session["billing_address_collection"] == "required",
        "lines": [{"id": item["id"], "bounds": _bounds(item),
                   "name": item["name"], "description": item["description"], "quantity": item["quantity"],
                   "each_text": item["unit_amount"] is not None and amount(item["unit_amount"], currency, tag),
                   "total_text": amount(item["amount_total"] + (item["amount_discount"] or 0), currency, tag)}
                  for item in items],
        **await _asks(ctx, session),
        "changes": bool(session["allow_promotion_codes"] or session["shipping_options"]
                        or any(item["adjustable_quantity"] for item in items)),
    }


def total(session: Row) -> str | None:
    """What is paid; None where nothing is."""
    if session["amount_total"] is None:
        return None
    return amount(session["amount_total"], session["currency"], locale(session))


def _sums(session: Row) -> Row:
    """The total, and what the button says; without a payment there is no total."""
    text = total(session)
    if text is None:
        return {"total": "", "total_text": None, "subtotal_text": None, "pay_text": words.text("save")}
    return {"total": session["amount_total"], "total_text": text,
            "subtotal_text": amount(session["amount_subtotal"], session["currency"], locale(session)),
            "pay_text": words.text(session["submit_type"] or "pay", amount=text)}


def _headline(ctx: Context, session: Row, items: list[Row]) -> str:
    if session["mode"] == "setup":
        return words.text("save_with", seller=ctx.account_name)
    return str(items[0]["name"]) if len(items) == 1 else words.text("pay_seller", seller=ctx.account_name)


def _bounds(item: Row) -> Row | None:
    """The least and most of an item that the shopper may take."""
    bounds = item["adjustable_quantity"]
    return bounds and {"least": max(bounds["minimum"], 1), "most": bounds["maximum"]}


def locale(session: Row) -> str | None:
    """The language tag for amounts; None for ours."""
    return None if session["locale"] in (None, "auto") else str(session["locale"])


async def _discount(ctx: Context, session: Row) -> Row:
    """The discount as a shopper knows it: the code that was typed, else the coupon's name."""
    off, found = (session["total_details"] or {"amount_discount": 0})["amount_discount"], session["discounts"]
    name, code = None, None
    if found and (code := found[0]["promotion_code"]):
        name = (await promotion_codes.get(ctx, code))["code"]
    elif found:
        name = (await coupons.get(ctx, found[0]["coupon"])).get("name")
    return {"discount_text": f"−{amount(off, session['currency'], locale(session))}" if off else None,
            "discount_name": name, "takes_code": bool(session["allow_promotion_codes"]) and not found,
            "drops_code": bool(session["allow_promotion_codes"]) and bool(found)}


async def _asks(ctx: Context, session: Row) -> Row:
    """What the page asks beside the card; what an earlier try answered is not shown to whoever has the address."""
    consent, ships = session["consent_collection"] or {}, session["shipping_address_collection"]
    return {
        "phone": session["phone_number_collection"]["enabled"],
        "ships_to": _countries(ships["allowed_countries"]) if ships else [],
        "ways": await _ways(ctx, session), "custom_fields": [_field(one) for one in session["custom_fields"]],
        "texts": {name: (one or {}).get("message") for name, one in session["custom_text"].items()},
        "reuse": await _reuse(ctx, session, consent),
        "terms": consent.get("terms_of_service") == "required", "promotions": consent.get("promotions") == "auto",
    }


async def _reuse(ctx: Context, session: Row, consent: Row) -> str:
    """What a payer agrees to whose card is kept for later payments, unless the merchant says it in own words."""
    hidden = (consent.get("payment_method_reuse_agreement") or {}).get("position") == "hidden"
    if hidden or not await sessions.keeps_card(ctx, session["id"]):
        return ""
    return words.text("reuse", seller=ctx.account_name)


def _countries(codes: list[str]) -> list[tuple[str, str]]:
    return [(code, name) for code, name in countries.named() if code in codes]


def _field(field: Row) -> Row:
    own = field[field["type"]]
    return {"name": f"custom_{field['key']}", "label": field["label"]["custom"], "type": field["type"],
            "optional": field["optional"], "value": own["default_value"] or "",
            "options": own.get("options"), "least": own.get("minimum_length"), "most": own.get("maximum_length")}


async def _ways(ctx: Context, session: Row) -> list[Row]:
    """The ways of shipping, in the merchant's order."""
    offered = session["shipping_options"]
    rates = await shipping_rates.many(ctx, [one["shipping_rate"] for one in offered]) if offered else {}
    chosen = (session["shipping_cost"] or {}).get("shipping_rate")
    return [{"id": one["shipping_rate"], "name": rates[one["shipping_rate"]]["display_name"],
             "chosen": one["shipping_rate"] == chosen, "when": _when(rates[one["shipping_rate"]]["delivery_estimate"]),
             "cost": amount(one["shipping_amount"], session["currency"], locale(session))
             if one["shipping_amount"] else words.text("free")} for one in offered]


def _when(estimate: Row | None) -> str:
    """A delivery estimate in words: '3–5 business days', 'At least 1 week'."""
    first, last = (estimate or {}).get("minimum"), (estimate or {}).get("maximum")
    if first and last and first["unit"] == last["unit"]:
        span = str(last["value"]) if first["value"] == last["value"] else f"{first['value']}–{last['value']}"
        return f"{span} {_unit(last)}"
    parts = [words.text("at_least", time=_time(first))] if first else []
    said = ", ".join(parts + ([words.text("at_most", time=_time(last))] if last else []))
    return said[:1].upper() + said[1:]


def _time(bound: Row) -> str:
    return f"{bound['value']} {_unit(bound)}"


def _unit(bound: Row) -> str:
    return _UNITS[bound["unit"]] + ("" if bound["value"] == 1 else "s")
