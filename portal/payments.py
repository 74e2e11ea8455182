"""The list of payments and one payment's page with its timeline, capture, cancel and refund."""

from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from typing import Any

from backend import ids
from backend.context import Context, Key
from backend.customers import payment_methods
from backend.errors import FarthingError, InvalidRequest
from backend.events import events
from backend.money import exponent
from backend.payments import charges, intents, lookups, refunds, reports
from backend.requests import idempotency
from portal import words

Row = dict[str, Any]
LIMIT = 20
REASONS = (("", "No reason given"), ("requested_by_customer", "Requested by the customer"),
           ("duplicate", "Paid twice"), ("fraudulent", "Fraudulent"))


async def rows(ctx: Context, found: list[Row]) -> list[Row]:
    """Intents as the list shows them: with the card that was used last."""
    return [{**intent, "card": await _card(ctx, intent)} for intent in found]


async def index(ctx: Context, query: Row) -> Row:
    """The list: `status` filters, `after` and `before` are the cursors of the neighbouring pages."""
    status = query.get("status") if query.get("status") in dict(words.FILTERS) else ""
    asked = {"limit": LIMIT, "status": status or None, "starting_after": query.get("after") or None,
             "ending_before": query.get("before") or None}
    found = await lookups.find(ctx, asked)
    data = found["data"]
    back = bool(asked["ending_before"])
    return {"rows": await rows(ctx, data), "status": status,
            "older": data[-1]["id"] if data and (found["has_more"] or back) else None,
            "newer": data[0]["id"] if data and (asked["starting_after"] or (back and found["has_more"])) else None}


async def show(ctx: Context, query: Row) -> Row:
    """One payment: what it is, every message to the acquirer, everything that happened."""
    intent = await intents.get(ctx, query["id"])
    found = await charges.find(ctx, {"payment_intent": intent["id"], "limit": 20})
    happened = (await events.find(ctx, {"object_id": intent["id"], "limit": 50}))["data"]
    for charge in found["data"]:
        happened += (await events.find(ctx, {"object_id": charge["id"], "limit": 20}))["data"]
    made = (await refunds.find(ctx, {"payment_intent": intent["id"], "limit": 50}))["data"]
    for refund in made:  # refund.updated and charge.refund.updated say the same
        happened += [event for event in (await events.find(ctx, {"object_id": refund["id"], "limit": 20}))["data"]
                     if event["type"] != "charge.refund.updated"]
    charge = next(iter(found["data"]), None)
    left = charge["amount"] - charge["amount_refunded"] - sum(
        one["amount"] for one in made if one["status"] == "pending") if charge else 0
    happened.sort(key=lambda event: (event["created"], event["id"]), reverse=True)
    status = intent["status"]
    return {"intent": intent, "card": await _card(ctx, intent), "charge": charge,
            "attempts": await reports.attempts(ctx, intent["id"]), "happened": happened,
            "may_capture": status == "requires_capture",
            "may_cancel": status == "requires_capture" or (status.startswith("requires_") and not _session(intent)),
            "refunds": made, "refundable": left if status == "succeeded" else 0, "refund_key": ids.token(24),
            "reasons": REASONS,
            "capturable": intent["amount_capturable"], "step": "1" if not exponent(intent["currency"]) else
            "0." + "1".rjust(exponent(intent["currency"]), "0")}


async def capture(ctx: Context, form: Row) -> str:
    """POST …/capture: the whole authorised amount, or `amount` in the currency's own notation."""
    intent = await intents.get(ctx, form["id"])
    params = {"amount_to_capture": _minor(form["amount"], intent["currency"])} if form.get("amount") else {}
    await intents.capture(ctx, form["id"], params)
    return f"/{form['mode']}/payments/{form['id']}"


async def cancel(ctx: Context, form: Row) -> str:
    """POST …/cancel: voids an open authorisation."""
    await intents.cancel(ctx, form["id"], {"cancellation_reason": "requested_by_customer"})
    return f"/{form['mode']}/payments/{form['id']}"


async def refund(ctx: Context, form: Row) -> str:
    """POST …/refund: all that is left, or `amount`; the form's `key` makes a second click the same refund."""
    intent = await intents.get(ctx, form["id"])
    params: Row = {"payment_intent": form["id"]}
    if form.get("amount"):
        params["amount"] = _minor(form["amount"], intent["currency"], "refund")
    if form.get("reason"):
        if form["reason"] not in dict(REASONS):
            raise InvalidRequest("Choose one of the reasons of the list.", param="reason")
        params["reason"] = form["reason"]
    if form.get("key"):
        digest = sha256("\x1f".join((form["id"], form.get("amount") or "", form.get("reason") or "")).encode()).digest()
        ctx = replace(ctx, key=Key(f"portal-{form['key'][:200]}", digest))
    with suppress(idempotency.Replay):  # the first click has done it
        try:
            await refunds.create(ctx, params)
        except FarthingError:  # a second click may find nothing left: then the first one's answer counts
            await idempotency.answered(ctx)
            raise
    return f"/{form['mode']}/payments/{form['id']}"


def _minor(written: str, currency: str, verb: str = "capture") -> int:
    """`12.34` -> 1234; whole arithmetic on the digits, never a float. Raises InvalidRequest."""
    digits = exponent(currency)
    whole, dot, rest = written.strip().partition(".")
    if not whole.isascii() or not whole.isdigit() or len(whole) > 9 or len(rest) > digits or (dot and not rest):
        raise InvalidRequest(f"Write the amount with at most {digits} decimals, such as "
                             f"{'1234' if not digits else '12.' + '5'.ljust(digits, '0')}.", param="amount")
    if rest and not (rest.isascii() and rest.isdigit()):
        raise InvalidRequest("Write the amount in digits.", param="amount")
    amount = int(whole + rest.ljust(digits, "0"))
    if amount < 1:
        raise InvalidRequest(f"The amount to {verb} must be more than zero.", param="amount")
    return amount


def _session(intent: Row) -> bool:
    """Belongs to an open checkout, which is ended by expiring the session."""
    return bool(intent.get("checkout_session"))


async def _card(ctx: Context, intent: Row) -> Row | None:
    """Brand (or type) and last four of the card or account; after a decline the intent has let go of it, but its error
    remembers."""
    method = (intent["last_payment_error"] or {}).get("payment_method")
    if intent["payment_method"]:
        try:
            method = await payment_methods.get(ctx, intent["payment_method"])
        except FarthingError:  # the vault is away: the list is still worth showing
            method = None
    return {"brand": method["type"], **method[method["type"]]} if method else None
