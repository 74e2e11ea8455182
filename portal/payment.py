"""One payment's page: what became of the money, the order, its timeline; capture, cancel and refund, each confirmed."""

from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from typing import Any

from backend import ids
from backend.checkout_sessions import sessions
from backend.context import Context, Key
from backend.customers import customers, payment_methods
from backend.disputes import disputes
from backend.errors import FarthingError, InvalidRequest
from backend.events import events
from backend.fields.types import Email
from backend.mail import outbox
from backend.payments import charges, intents, reports
from backend.refunds import refunds
from backend.requests import idempotency
from backend.web.amounts import amount
from portal import amounts, payments

Row = dict[str, Any]
_EMAIL = Email(required=True)
REASONS = (("", "No reason given"), ("requested_by_customer", "Requested by the customer"),
           ("duplicate", "Paid twice"), ("fraudulent", "Fraudulent"))


async def show(ctx: Context, query: Row) -> Row:
    """One payment: what it is, what was ordered, every message to the acquirer, everything that happened."""
    intent = await intents.get(ctx, query["id"])
    made = (await charges.find(ctx, {"payment_intent": intent["id"], "limit": 20}))["data"]
    back = (await refunds.find(ctx, {"payment_intent": intent["id"], "limit": 50}))["data"]
    claims = (await disputes.find(ctx, {"payment_intent": intent["id"], "limit": 20}))["data"]
    methods = await payment_methods.many(ctx, [intent["payment_method"]]) if intent["payment_method"] else {}
    order = await _order(ctx, intent)
    charge = next(iter(made), None)
    left = _left(intent, charge, back, claims)
    return {"intent": intent, "money": await reports.money(ctx, intent["id"]), "card": payments.card(intent, methods),
            "charge": charge, "attempts": [(one, reports.is_debit(one), reports.refusal(one))
                                           for one in await reports.attempts(ctx, intent["id"])],
            "happened": await _happened(ctx, [intent, *made, *back, *claims, *([order["session"]] if order else [])]),
            **_may(intent), "refunds": back, "refundable": left, "disputes": claims, "order": order,
            "customer": await _customer(ctx, intent), "refund_key": ids.token(24), "reasons": REASONS,
            "capturable": intent["amount_capturable"], "typed": query.get("typed") or {},
            "mails": await outbox.about(ctx, [one["id"] for one in (*made, *back)]),
            "receipt": charge and charge["receipt_url"], "receipt_key": ids.token(24),
            "wrong": query.get("wrong"), "ask": None, "did": _did(query.get("done"), back, intent)}


def _may(intent: Row) -> Row:
    """What can be done with it now. An open checkout is ended by expiring its session."""
    status = intent["status"]
    return {"may_capture": status == "requires_capture",
            "may_cancel": status == "requires_capture"
            or (status.startswith("requires_") and not intent.get("checkout_session"))}


def _left(intent: Row, charge: Row | None, back: list[Row], claims: list[Row]) -> int:
    """What can still be refunded: nothing while the customer's bank decides about it. What was released of the charge
    counts as given back already."""
    if intent["status"] != "succeeded" or charge is None or any(not one["is_charge_refundable"] for one in claims):
        return 0
    return int(charge["amount"] - charge["amount_refunded"]
               - sum(one["amount"] for one in back if one["status"] == "pending"))


async def _happened(ctx: Context, objects: list[Row]) -> list[Row]:
    """The events of all of it, newest first; refund.updated and charge.refund.updated say the same."""
    found = (await events.find(ctx, {"object_ids": [one["id"] for one in objects], "limit": 100}))["data"]
    kept = [event for event in found if event["type"] != "charge.refund.updated"]
    return sorted(kept, key=lambda event: (event["created"], event["id"]), reverse=True)


async def _order(ctx: Context, intent: Row) -> Row | None:
    """The checkout that it came from: what was sold, and what the shopper said."""
    found = (await sessions.find(ctx, {"payment_intent": intent["id"], "limit": 1}))["data"]
    if not found:
        return None
    [session] = found
    answers = [(field["label"]["custom"], field[field["type"]]["value"]) for field in session["custom_fields"]]
    return {"session": session, "items": await sessions.sold(ctx, session["id"]),
            "answers": [(label, value) for label, value in answers if value is not None]}


async def _customer(ctx: Context, intent: Row) -> Row | None:
    """The customer, with what is known of them; None for a guest."""
    if not intent["customer"]:
        return None
    found = await customers.get(ctx, intent["customer"])
    return {"id": intent["customer"], "name": found.get("name"), "email": found.get("email")}


def _did(done: Any, back: list[Row], intent: Row) -> str:
    """What to say after something was done; what the address says is only looked up, never shown."""
    refund = next((one for one in back if one["id"] == done), None)
    if refund:
        endings = {"succeeded": "was refunded", "pending": "is on its way back"}
        ending = endings.get(refund["status"], "was not refunded")
        return f"{amount(refund['amount'], refund['currency'])} {ending}."
    if done == "captured" and intent["amount_received"]:
        return f"{amount(intent['amount_received'], intent['currency'])} was captured."
    if done == "receipt":
        return "A receipt is on its way."
    return "The payment was canceled." if done == "canceled" and intent["status"] == "canceled" else ""


async def capture(ctx: Context, form: Row) -> str:
    """POST …/capture: the whole authorised amount, or `amount` in the viewer's own notation."""
    intent = await intents.get(ctx, form["id"])
    params: Row = {}
    if form.get("amount"):
        params["amount_to_capture"] = amounts.minor(form["amount"], intent["currency"], "capture", form.get("locale"))
        if intent["status"] == "requires_capture" and params["amount_to_capture"] > intent["amount_capturable"]:
            raise InvalidRequest(amounts.at_most(intent["amount_capturable"], intent["currency"], "captured"),
                                 param="amount")
    await intents.capture(ctx, form["id"], params)
    return f"{_here(form)}?done=captured"


async def cancel(ctx: Context, form: Row) -> str:
    """POST …/cancel: voids an open authorisation."""
    await intents.cancel(ctx, form["id"], {"cancellation_reason": "requested_by_customer"})
    return f"{_here(form)}?done=canceled"


async def refund(ctx: Context, form: Row) -> str | Row:
    """POST …/refund: all that is left, or `amount`; with `ask` the page that says what will happen, and does nothing.

    The form's `key` makes a second click the same refund.
    """
    intent = await intents.get(ctx, form["id"])
    params = _wanted(intent, form)
    if form.get("ask"):
        return await _asked(ctx, intent, form, params)
    if form.get("key"):
        digest = sha256("\x1f".join((form["id"], form.get("amount") or "", form.get("reason") or "")).encode()).digest()
        ctx = replace(ctx, key=Key(f"portal-{form['key'][:200]}", digest))
    made = None
    with suppress(idempotency.Replay):  # the first click has done it
        try:
            made = await refunds.create(ctx, params)
        except FarthingError as error:  # a second click may find nothing left: then the first one's answer counts
            await idempotency.answered(ctx)
            raise await _in_money(ctx, intent, error) from error
    if made is None:
        made = next(iter((await refunds.find(ctx, {"payment_intent": form["id"], "limit": 1}))["data"]), {"id": ""})
    return f"{_here(form)}?done={made['id']}"


def _wanted(intent: Row, form: Row) -> Row:
    """The parameters of the refund that the form asks for; raises InvalidRequest that names the field."""
    params: Row = {"payment_intent": form["id"]}
    if form.get("amount"):
        params["amount"] = amounts.minor(form["amount"], intent["currency"], "refund", form.get("locale"))
    if form.get("reason"):
        if form["reason"] not in dict(REASONS):
            raise InvalidRequest("Choose one of the reasons of the list.", param="reason")
        params["reason"] = form["reason"]
    return params


async def _asked(ctx: Context, intent: Row, form: Row, params: Row) -> Row:
    """The page with its question: how much, in words, and what follows."""
    shown = await show(ctx, {**form, "typed": form})
    left, wanted = shown["refundable"], params.get("amount") or shown["refundable"]
    if not left:
        raise InvalidRequest("There is nothing left to refund.", param="amount")
    if wanted > left:
        raise InvalidRequest(amounts.at_most(left, intent["currency"], "refunded"), param="amount")
    return {**shown, "ask": {
        "amount": amount(wanted, intent["currency"]), "words": amounts.spoken(wanted, intent["currency"]),
        "whole": wanted == intent["amount_received"], "rest": amount(left - wanted, intent["currency"]),
        "reason": dict(REASONS)[form.get("reason") or ""]}}


async def _in_money(ctx: Context, intent: Row, error: FarthingError) -> FarthingError:
    """The same refusal in the currency's own notation, where it is about the amount."""
    if not isinstance(error, InvalidRequest) or error.param != "amount":
        return error
    back = (await refunds.find(ctx, {"payment_intent": intent["id"], "limit": 50}))["data"]
    charge = await charges.get(ctx, intent["latest_charge"]) if intent["latest_charge"] else None
    return InvalidRequest(amounts.at_most(_left(intent, charge, back, []), intent["currency"], "refunded"),
                          param="amount", code=error.code)


async def receipt(ctx: Context, form: Row) -> str:
    """POST …/receipt: one more receipt, to `email`; the form's `key` makes a second click the same mail."""
    intent = await intents.get(ctx, form["id"])
    to = _EMAIL.parse(form.get("email") or "", "email")
    if not intent["latest_charge"]:
        raise InvalidRequest("There is no receipt yet, for nothing was paid.", param="email")
    async with ctx.transaction() as tx:
        await charges.send_receipt(ctx, tx, intent["latest_charge"], to, (form.get("key") or ids.token(24))[:100])
    return f"{_here(form)}?done=receipt"


def _here(form: Row) -> str:
    return f"/{form['mode']}/payments/{form['id']}"
