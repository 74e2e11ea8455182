"""What the templates show of a checkout session, with every amount as text."""

from typing import Any

from markupsafe import Markup

from backend import addresses, countries
from backend.accounts import environments
from backend.catalog import coupons, promotion_codes, shipping_rates
from backend.checkout_sessions import sessions
from backend.context import Context
from backend.customers import customers, payment_methods
from backend.languages import Language
from backend.web.amounts import amount
from checkout import brand, texts, words

Row = dict[str, Any]
_SAVED_MAX = 10


def filled(url: str, session: Row) -> str:
    """An address of the merchant's with the session's id where it asks for that."""
    return url.replace("{CHECKOUT_SESSION_ID}", session["id"])


async def of(ctx: Context, session: Row, say: Language) -> Row:
    """The values of the page: seller, order, what is known of the shopper, and what else is asked."""
    look = brand.of(await environments.get(ctx.runtime, ctx.env))
    currency, tag, items = session["currency"], say.region, await sessions.sold(ctx, session["id"])
    details = session["customer_details"] or {}
    customer = await _customer(ctx, session)
    known = customer.get("email")
    return {
        "id": session["id"], "seller": ctx.account_name, "brand": look, "livemode": ctx.livemode,
        "cancel_url": filled(session["cancel_url"] or "", session), **_sums(session, say),
        "headline": _headline(ctx, session, items, say), **await _discount(ctx, session, say),
        "declined_title": words.of(say, session["mode"], "declined_title"),
        "details_title": words.of(say, session["mode"], "your_details"),
        "email": known or details.get("email") or session["customer_email"],
        "name": details.get("name") or customer.get("name"),
        "known": _known(customer), "saved": await _saved(ctx, session, customer, say), "rules": addresses.rules,
        "email_locked": bool(known) or await sessions.email_locked(ctx, session["id"]),
        "full_address": session["billing_address_collection"] == "required",
        "lines": [{"id": item["id"], "bounds": _bounds(item),
                   "image": texts.image_of(item["images"]),
                   "name": item["name"], "description": item["description"], "quantity": item["quantity"],
                   "each_text": item["unit_amount"] is not None and amount(item["unit_amount"], currency, tag),
                   "total_text": amount(item["amount_total"] + (item["amount_discount"] or 0), currency, tag)}
                  for item in items],
        **await _asks(ctx, session, look, say),
        "changes": bool(session["allow_promotion_codes"] or session["shipping_options"]
                        or any(item["adjustable_quantity"] for item in items)),
    }


async def _customer(ctx: Context, session: Row) -> Row:
    """The customer whom the merchant named when it made the session; empty for anybody else."""
    id = session["customer"] and await sessions.buyer(ctx, session["id"])
    found = await customers.get(ctx, id) if id else {}
    return {} if found.get("deleted") else found


def _known(customer: Row) -> Row:
    """What is known of the customer, by the names of the page's fields."""
    shipping = customer.get("shipping") or {}
    goes = shipping.get("address") or {}
    found = {**(customer.get("address") or {}), "phone": customer.get("phone") or shipping.get("phone"),
             "shipping_name": shipping.get("name"), **{f"shipping_{name}": value for name, value in goes.items()}}
    return {name: value for name, value in found.items() if value}


async def _saved(ctx: Context, session: Row, customer: Row, say: Language) -> list[Row]:
    """The customer's cards that may be shown again and have not expired; a page that keeps a card wants a new one."""
    if not customer or session["mode"] == "setup":
        return []
    found = (await payment_methods.find(ctx, customer["id"], {"type": "card", "limit": _SAVED_MAX}))["data"]
    now, first = ctx.clock.now(), (customer.get("invoice_settings") or {}).get("default_payment_method")
    good = [one for one in found if one["allow_redisplay"] != "limited"
            and (one["card"]["exp_year"], one["card"]["exp_month"]) >= (now.year, now.month)]
    return [{"id": one["id"], "last4": one["card"]["last4"],
             "brand": words.BRANDS.get(one["card"]["brand"]) or say.text("receipt_saved"),
             "until": say.month(one["card"]["exp_year"], one["card"]["exp_month"])}
            for one in sorted(good, key=lambda one: one["id"] != first)]


def total(session: Row, say: Language) -> str | None:
    """What is paid; None where nothing is."""
    if session["amount_total"] is None:
        return None
    return amount(session["amount_total"], session["currency"], say.region)


def _sums(session: Row, say: Language) -> Row:
    """The total, and what the button says; without a payment there is no total."""
    text = total(session, say)
    if text is None:
        return {"total": "", "total_text": None, "subtotal_text": None, "pay_text": say.text("save")}
    return {"total": session["amount_total"], "total_text": text,
            "subtotal_text": amount(session["amount_subtotal"], session["currency"], say.region),
            "pay_text": say.text(session["submit_type"] or "pay", amount=text)}


def _headline(ctx: Context, session: Row, items: list[Row], say: Language) -> str:
    if session["mode"] == "setup":
        return say.text("save_with", seller=ctx.account_name)
    return str(items[0]["name"]) if len(items) == 1 else say.text("pay_seller", seller=ctx.account_name)


def _bounds(item: Row) -> Row | None:
    """The least and most of an item that the shopper may take."""
    bounds = item["adjustable_quantity"]
    return bounds and {"least": max(bounds["minimum"], 1), "most": bounds["maximum"]}


async def _discount(ctx: Context, session: Row, say: Language) -> Row:
    """The discount as a shopper knows it: the code that was typed, else the coupon's name."""
    off, found = (session["total_details"] or {"amount_discount": 0})["amount_discount"], session["discounts"]
    name, code = None, None
    if found and (code := found[0]["promotion_code"]):
        name = (await promotion_codes.get(ctx, code))["code"]
    elif found:
        name = (await coupons.get(ctx, found[0]["coupon"])).get("name")
    return {"discount_text": amount(-off, session["currency"], say.region).replace("-", "−") if off else None,
            "discount_name": name, "takes_code": bool(session["allow_promotion_codes"]) and not found,
            "drops_code": bool(session["allow_promotion_codes"]) and bool(found)}


async def _asks(ctx: Context, session: Row, look: brand.Brand, say: Language) -> Row:
    """What the page asks beside the card; what an earlier try answered is not shown to whoever has the address."""
    consent, ships = session["consent_collection"] or {}, session["shipping_address_collection"]
    return {
        "phone": session["phone_number_collection"]["enabled"],
        "ships_to": _countries(ships["allowed_countries"], say) if ships else [],
        "ways": await _ways(ctx, session, say), "custom_fields": [_field(one) for one in session["custom_fields"]],
        "texts": {name: texts.linked((one or {}).get("message")) for name, one in session["custom_text"].items()},
        "reuse": await _reuse(ctx, session, consent, say),
        "terms": _terms(ctx, look, say) if consent.get("terms_of_service") == "required" else None,
        "policies": _policies(look, say), "promotions": consent.get("promotions") == "auto",
    }


def _terms(ctx: Context, look: brand.Brand, say: Language) -> Markup:
    """What the box of the terms says, with the account's own pages behind its words."""
    words_of = {name: texts.link(say.text(f"{name}_words"), url)
                for name, url in (("terms", look.terms_url), ("privacy", look.privacy_url))}
    key = "terms_and_privacy" if look.privacy_url else "terms"
    return say.marked(key, seller=ctx.account_name, **words_of)


def _policies(look: brand.Brand, say: Language) -> list[Markup]:
    """The links at the foot of the page."""
    return [texts.link(say.text(key), url) for key, url in (("foot_terms", look.terms_url),
                                                              ("foot_privacy", look.privacy_url)) if url]


async def _reuse(ctx: Context, session: Row, consent: Row, say: Language) -> str:
    """What a payer agrees to whose card is kept for later payments, unless the merchant says it in own words."""
    hidden = (consent.get("payment_method_reuse_agreement") or {}).get("position") == "hidden"
    if hidden or not await sessions.keeps_card(ctx, session["id"]):
        return ""
    return say.text("reuse", seller=ctx.account_name)


def _countries(codes: list[str], say: Language) -> list[tuple[str, str]]:
    return [(code, name) for code, name in countries.named(say.tag) if code in codes]


def _field(field: Row) -> Row:
    own = field[field["type"]]
    return {"name": f"custom_{field['key']}", "label": field["label"]["custom"], "type": field["type"],
            "optional": field["optional"], "value": own["default_value"] or "",
            "options": own.get("options"), "least": own.get("minimum_length"), "most": own.get("maximum_length")}


async def _ways(ctx: Context, session: Row, say: Language) -> list[Row]:
    """The ways of shipping, in the merchant's order."""
    offered = session["shipping_options"]
    rates = await shipping_rates.many(ctx, [one["shipping_rate"] for one in offered]) if offered else {}
    chosen = (session["shipping_cost"] or {}).get("shipping_rate")
    return [{"id": one["shipping_rate"], "name": rates[one["shipping_rate"]]["display_name"],
             "chosen": one["shipping_rate"] == chosen,
             "when": _when(rates[one["shipping_rate"]]["delivery_estimate"], say),
             "cost": amount(one["shipping_amount"], session["currency"], say.region)
             if one["shipping_amount"] else say.text("free")} for one in offered]


def _when(estimate: Row | None, say: Language) -> str:
    """A delivery estimate in words: '3–5 business days', 'At least 1 week'."""
    first, last = (estimate or {}).get("minimum"), (estimate or {}).get("maximum")
    if first and last and first["unit"] == last["unit"]:
        return _span(first["value"], last["value"], last["unit"], say)
    least, most = first and _time(first, say), last and _time(last, say)
    if least and most:
        return say.text("at_least_at_most", least=least, most=most)
    if least or most:
        return say.text("at_least" if least else "at_most", time=least or most)
    return ""


def _span(first: int, last: int, unit: str, say: Language) -> str:
    """A span has the form of many, also that of two: some languages have a word for exactly two."""
    if first == last:
        return _time({"value": first, "unit": unit}, say)
    return say.text(f"unit_{unit}", of=max(last, 3), count=f"{first}–{last}")


def _time(bound: Row, say: Language) -> str:
    return say.text(f"unit_{bound['unit']}", of=bound["value"])
