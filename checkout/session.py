"""One checkout session's page: what it shows in each state, paying it, and asking how it stands."""

import re
from typing import Any
from urllib.parse import parse_qs

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from backend.accounts import environments
from backend.catalog import coupons, promotion_codes
from backend.checkout_sessions import sessions
from backend.context import Context
from backend.crypto import open_token, sign_token
from backend.customers import customers
from backend.errors import CardError, InvalidRequest, NotFound, PermissionDenied
from backend.payment_links import links
from backend.payments import charges, intents
from backend.web.amounts import amount
from checkout import countries, page, words

Row = dict[str, Any]
TOKEN_SECONDS = 25 * 3600  # a session lives a day at most
_BRANDS = (("visa", "VISA"), ("mastercard", "MC"), ("amex", "AMEX"), ("discover", "DISC"), ("diners", "DINERS"),
           ("jcb", "JCB"), ("unionpay", "UP"))
_POSTAL = {"US": words.text("zip"), "PR": words.text("zip"), "GB": words.text("postcode"), "": words.text("postal")}
_BRAND_NAMES = {"visa": "Visa", "mastercard": "Mastercard", "amex": "American Express", "discover": "Discover",
                "diners": "Diners Club", "jcb": "JCB", "unionpay": "UnionPay", "eftpos_au": "eftpos Australia"}
_TOKEN = re.compile(r"(?=[A-Za-z])[A-Za-z0-9_]{1,100}")
_USED_UP = ("coupon_expired", "payment_link_sold_out")
_DETAILS = ("email", "name", "country", "postal_code", "line1", "line2", "city", "state")


async def show(request: Request) -> Response:
    """GET /c/{id}: the form while it can be paid, else what became of it."""
    id = request.path_params["id"]
    ctx = await page.context(request, id)
    session, intent = await _current(ctx, id)
    if session["status"] == "complete":
        if session["success_url"] and "payment_intent" in request.query_params:  # back from a full-page challenge
            return RedirectResponse(success_url(session), 303, {"Cache-Control": "no-store"})
        return await _paid(request, ctx, session)
    if session["status"] == "expired" or (intent and intent["status"] == "canceled"):
        return _expired(request, ctx, session)
    if intent and intent["status"] == "processing":
        return page.told(request, "checking", mood="wait", seller=ctx.account_name, poll=f"/c/{id}/status",
                         here=f"/c/{id}", test=not ctx.livemode)
    return await _form(request, ctx, session, intent)


async def pay(request: Request) -> Response:
    """POST /c/{id}/pay: JSON from our script."""
    page.same_origin(request)
    id = request.path_params["id"]
    try:
        said = orjson.loads(await page.body(request))
        method = said["payment_method"]
        buyer = {name: str(said.get(name) or "") for name in _DETAILS}
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise InvalidRequest("Send JSON with a payment_method.", param="payment_method") from error
    ctx = await page.context(request, id)
    intent = await sessions.pay(ctx, id, _method(method), buyer)
    return page.json(_outcome(await sessions.get(ctx, id), intent))


async def status(request: Request) -> Response:
    """GET /c/{id}/status: how it stands, after bringing it up to date."""
    ctx = await page.context(request, request.path_params["id"])
    session, intent = await _current(ctx, session_id(request))
    return page.json(_outcome(session, intent))


async def confirm_page(request: Request) -> Response:
    """GET /c/{id}/pay: without JavaScript the vault sends the payer here with the card's token. Changes nothing."""
    id = session_id(request)
    method = request.query_params.get("payment_method", "")
    ctx = await page.context(request, id)
    session, intent = await _current(ctx, id)
    payable = session["status"] == "open" and not (intent and intent["status"] in ("processing", "canceled"))
    if not payable or not _TOKEN.fullmatch(method):
        return RedirectResponse(f"/c/{id}", 303)
    values = {"s": await _view(ctx, session), "payment_method": method, "token": _token(ctx, id),
              "action": f"/c/{id}/confirm", "here": f"/c/{id}"}
    return page.html(request, "confirm.html", values)


async def confirm(request: Request) -> Response:
    """POST /c/{id}/confirm: the button of that page. The form's token stands in for the Origin header."""
    id = session_id(request)
    text = (await page.body(request)).decode("utf-8", "replace")
    form = {name: values[0] for name, values in parse_qs(text).items()}
    ctx = await page.context(request, id)
    if open_token(_secret(ctx), form.get("token", "")) != f"{ctx.env}:{id}":
        raise PermissionDenied("This page was open too long. Go back and enter your card again.")
    try:
        intent = await sessions.pay(ctx, id, _method(form.get("payment_method")), form)
    except CardError as error:
        said = page.refusal(error)
        return RedirectResponse(f"/c/{id}?error={said['decline_code'] or said['code']}", 303)
    except InvalidRequest as error:
        if error.code not in _USED_UP:
            raise
        return RedirectResponse(f"/c/{id}?error={error.code}", 303)
    url = _outcome(await sessions.get(ctx, id), intent)
    return RedirectResponse(url["url"] if url.get("status") == "requires_action" else f"/c/{id}", 303)


def _method(given: Any) -> str:
    """The payment method's id; what cannot be one is answered as an unknown one."""
    if not isinstance(given, str) or not _TOKEN.fullmatch(given):
        raise NotFound("PaymentMethod", "", "payment_method")
    return given


def session_id(request: Request) -> str:
    return str(request.path_params["id"])


def success_url(session: Row) -> str:
    """Where the merchant wants the payer, with the session's id filled in; without such a place, our own page."""
    return str(session["success_url"] or f"/c/{session['id']}").replace("{CHECKOUT_SESSION_ID}", session["id"])


async def _current(ctx: Context, id: str) -> tuple[Row, Row | None]:
    """The session and its intent, after healing a session whose payment went through without it."""
    session = await sessions.get(ctx, id)
    if not session["payment_intent"]:
        return _timed(ctx, session), None
    intent = await intents.get(ctx, session["payment_intent"])
    if session["status"] == "open" and intent["status"] in ("succeeded", "requires_capture"):
        await sessions.settle(ctx, intent["id"])
        session = await sessions.get(ctx, id)
    if session["status"] == "open" and intent["status"] in ("requires_payment_method", "requires_confirmation"):
        session = _timed(ctx, session)
    return session, intent


def _timed(ctx: Context, session: Row) -> Row:
    """Past its time a session is closed for the payer, whether or not the sweeper has been there."""
    late = session["status"] == "open" and session["expires_at"] <= ctx.clock.now().timestamp()
    return {**session, "status": "expired"} if late else session


def _outcome(session: Row, intent: Row | None) -> Row:
    """How it stands, in the closed vocabulary of our script."""
    if session["status"] == "complete":
        return {"status": "complete", "url": success_url(session)}
    if session["status"] == "expired" or (intent and intent["status"] == "canceled"):
        return {"status": "expired"}
    if intent and intent["status"] == "processing":
        return {"status": "processing"}
    if intent and intent["status"] == "requires_action":
        return {"status": "requires_action", "url": _challenge(intent)}
    error = (intent or {}).get("last_payment_error")
    if error:
        return {"status": "open", "error": page.spoken(error.get("code"), error.get("decline_code"))}
    return {"status": "open"}


def _challenge(intent: Row) -> str:
    return str(((intent["next_action"] or {}).get("redirect_to_url") or {}).get("url") or "")


async def _form(request: Request, ctx: Context, session: Row, intent: Row | None) -> Response:
    id, settings = session["id"], ctx.settings
    owner = await environments.get(ctx.runtime, ctx.env)
    resume = _challenge(intent) if intent and intent["status"] == "requires_action" else None
    values = {
        "s": await _view(ctx, session), "session_token": _token(ctx, id), "brands": _BRANDS,
        "vault_url": f"{settings.elements_base}/checkout/card", "countries": countries.named(),
        "country": _country(request, owner["country"]), "problem": _problem(request, intent),
        "cards_url": f"{settings.api_base}/docs/test-cards",
        "page": {
            "pay": f"/c/{id}/pay", "status": f"/c/{id}/status", "here": f"/c/{id}", "resume": resume,
            "texts": {name: words.WORDS[name] for name in (
                "busy", "done", "problems", "retry", "offline", "unfinished", "resume", "problem_title",
                "declined_title", "trouble_title", "optional")},
            "fields": words.FIELDS, "declines": words.DECLINES, "field_of": words.FIELD_OF,
            "postal": _POSTAL, "no_postal": sorted(countries.NO_POSTAL),
        },
    }
    return page.html(request, "session.html", values)


def _problem(request: Request, intent: Row | None) -> str | None:
    """The decline that the payer comes back with, always in our own words."""
    code = request.query_params.get("error")
    error = (intent or {}).get("last_payment_error") or {}
    if code:
        return words.decline(code, error.get("decline_code") if code == error.get("code") else None)
    if request.query_params.get("redirect_status") == "failed" and error:
        return words.decline(error.get("code"), error.get("decline_code"))
    return None


async def _view(ctx: Context, session: Row) -> Row:
    """What the templates show of a session, with every amount as text."""
    tag = None if session["locale"] in (None, "auto") else session["locale"]
    currency, items = session["currency"], await sessions.sold(ctx, session["id"])
    total, off = amount(session["amount_total"], currency, tag), session["total_details"]["amount_discount"]
    details = session["customer_details"] or {}
    known = (await customers.get(ctx, session["customer"])).get("email") if session["customer"] else None
    return {
        "id": session["id"], "seller": ctx.account_name, "livemode": ctx.livemode,
        "cancel_url": session["cancel_url"], "total_text": total,
        "headline": items[0]["name"] if len(items) == 1 else words.text("pay_seller", seller=ctx.account_name),
        "pay_text": words.text(session["submit_type"] or "pay", amount=total),
        "subtotal_text": amount(session["amount_subtotal"], currency, tag),
        "discount_text": f"−{amount(off, currency, tag)}" if off else None,
        "discount_name": await _discount(ctx, session),
        "email": known or details.get("email") or session["customer_email"], "name": details.get("name"),
        "email_locked": bool(known),
        "full_address": session["billing_address_collection"] == "required",
        "lines": [{"name": item["name"], "description": item["description"], "quantity": item["quantity"],
                   "each_text": item["unit_amount"] is not None and amount(item["unit_amount"], currency, tag),
                   "total_text": amount(item["amount_total"] + (item["amount_discount"] or 0), currency, tag)}
                  for item in items],
    }


async def _discount(ctx: Context, session: Row) -> str | None:
    """The discount as a shopper knows it: the code that was typed, else the coupon's name."""
    found = session["discounts"]
    if not found:
        return None
    if code := found[0]["promotion_code"]:
        return str((await promotion_codes.get(ctx, code))["code"])
    name = (await coupons.get(ctx, found[0]["coupon"])).get("name")
    return name and str(name)


async def _paid(request: Request, ctx: Context, session: Row) -> Response:
    key = "paid" if session["payment_status"] == "paid" else "held"
    found = await charges.find(ctx, {"payment_intent": session["payment_intent"], "limit": 1})
    tag = None if session["locale"] in (None, "auto") else session["locale"]
    rows = []
    card = ((found["data"] or [{}])[0].get("payment_method_details") or {}).get("card")
    if card:
        brand = _BRAND_NAMES.get(card["brand"], "Card")
        rows.append((words.text("receipt_card"), words.text("card_ending", brand=brand, last4=card["last4"])))
    email = (session["customer_details"] or {}).get("email")
    if email:
        rows.append((words.text("receipt_email"), email))
    if session["client_reference_id"]:
        rows.append((words.text("receipt_ref"), session["client_reference_id"]))
    link = session["success_url"] and {"url": success_url(session),
                                       "text": words.text("return_to", seller=ctx.account_name)}
    return page.told(request, key, mood="good", seller=ctx.account_name, rows=rows, link=link,
                     lead=await _thanks(ctx, session),
                     sum=amount(session["amount_total"], session["currency"], tag), test=not ctx.livemode)


async def _thanks(ctx: Context, session: Row) -> str:
    """The merchant's own words to a payer who came by a link; empty for ours."""
    if not session["payment_link"]:
        return ""
    after = (await links.get(ctx, session["payment_link"]))["after_completion"]
    return str((after.get("hosted_confirmation") or {}).get("custom_message") or "")


def _expired(request: Request, ctx: Context, session: Row) -> Response:
    link = session["cancel_url"] and {"url": session["cancel_url"],
                                      "text": words.text("return_to", seller=ctx.account_name)}
    return page.told(request, "expired", mood="off", status=410, seller=ctx.account_name, link=link,
                     test=not ctx.livemode)


def _country(request: Request, home: str) -> str:
    """The region of the browser's first language, else the seller's country."""
    first = request.headers.get("accept-language", "").split(",")[0].split(";")[0]
    region = first.rpartition("-")[2].upper()
    return region if region in dict(countries.named()) else home


def _secret(ctx: Context) -> bytes:
    return ctx.settings.secret("checkout")


def _token(ctx: Context, id: str) -> str:
    return sign_token(_secret(ctx), f"{ctx.env}:{id}", TOKEN_SECONDS)
