"""One checkout session's page: what it shows in each state, paying it, and asking how it stands."""

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from backend import phones
from backend.checkout_pages import answers
from backend.checkout_sessions import leaving, sessions
from backend.context import Context
from backend.crypto import open_token, sign_token
from backend.customers import payment_methods
from backend.errors import CardError, InvalidRequest, NotFound, PermissionDenied, Transient
from backend.fields import forms
from backend.languages import Language
from backend.payment_links import links
from backend.payments import charges
from backend.web import bodies
from checkout import form, page, view, words

Row = dict[str, Any]
TOKEN_SECONDS = 25 * 3600  # a session lives a day at most
_TOKEN = re.compile(r"(?=[A-Za-z])[A-Za-z0-9_]{1,100}")
_RETURNED = frozenset(("payment_intent", "setup_intent"))
"""What the address says of a shopper who comes back from a challenge on a full page."""
_USED_UP = ("coupon_expired", "payment_link_sold_out")


async def show(request: Request) -> Response:
    """GET /c/{id}: the form while it can be paid, else what became of it."""
    id = request.path_params["id"]
    ctx = await page.context(request, id)
    session, intent = await _current(ctx, id)
    page.speak(request, session["locale"])
    if session["status"] == "complete":
        if session["success_url"] and _RETURNED & request.query_params.keys():
            return RedirectResponse(success_url(session), 303, {"Cache-Control": "no-store"})
        return await _paid(request, ctx, session)
    if session["status"] == "expired" or (intent and intent["status"] == "canceled"):
        return _over(request, ctx, session, "expired")
    if intent and intent["status"] == "processing":
        return page.told(request, "checking", mood="wait", seller=ctx.account_name, poll=f"/c/{id}/status",
                         here=f"/c/{id}", test=not ctx.livemode)
    if session["payment_link"] and links.sold_out(await links.row(ctx, session["payment_link"])):
        return _over(request, ctx, session, "sold_out")
    await _seen(ctx, session, intent)
    resume = _challenge(intent) if intent and intent["status"] == "requires_action" else None
    return await form.show(request, ctx, session, token=_token(ctx, id), resume=resume, error=_error(intent))


async def pay(request: Request) -> Response:
    """POST /c/{id}/pay: JSON from our script."""
    page.same_origin(request)
    id = request.path_params["id"]
    said = forms.json_object(await bodies.whole(request, bodies.FORM_MAX))
    if "payment_method" not in said:
        raise InvalidRequest("Send JSON with a payment_method.", param="payment_method")
    buyer = {name: str(value or "") for name, value in said.items()}
    ctx = await page.context(request, id)
    intent = await sessions.pay(ctx, id, _method(said["payment_method"]), buyer)
    return page.json(_outcome(page.say(request), await sessions.get(ctx, id), intent))


async def status(request: Request) -> Response:
    """GET /c/{id}/status: how it stands, after bringing it up to date."""
    ctx = await page.context(request, request.path_params["id"])
    session, intent = await _current(ctx, session_id(request))
    await _seen(ctx, session, intent)
    return page.json(_outcome(page.speak(request, session["locale"]), session, intent))


async def confirm_page(request: Request) -> Response:
    """GET /c/{id}/pay: without JavaScript the vault sends the payer here with the card's token. Changes nothing."""
    id = session_id(request)
    method = request.query_params.get("payment_method", "")
    ctx = await page.context(request, id)
    session, intent = await _current(ctx, id)
    payable = session["status"] == "open" and not (intent and intent["status"] in ("processing", "canceled"))
    if not payable or not _TOKEN.fullmatch(method):
        return RedirectResponse(f"/c/{id}", 303)
    return await _confirmation(request, ctx, session, method)


async def _confirmation(request: Request, ctx: Context, session: Row, method: str, *, said: Row | None = None,
                        problem: str = "") -> Response:
    """The page with the button; after a refusal with what was typed and what is wrong with it."""
    id, say = session["id"], page.speak(request, session["locale"])
    values: Row = {"s": await view.of(ctx, session, say), "payment_method": method, "token": _token(ctx, id),
              "action": f"/c/{id}/confirm{page.asking(session, say)}", "here": f"/c/{id}", "problem": problem,
              "phones": phones.named(say.tag)}
    values["said"] = said or values["s"]["known"]
    return page.html(request, "confirm.html", values, status=400 if problem else 200)


async def confirm(request: Request) -> Response:
    """POST /c/{id}/confirm: the button of that page. The form's token stands in for the Origin header."""
    id = session_id(request)
    form = await bodies.form(request)
    ctx = await page.context(request, id)
    say = page.say(request)
    if open_token(_secret(ctx), form.get("token", "")) != f"{ctx.env}:{id}":
        raise PermissionDenied("This page was open too long. Go back and enter your card again.",
                               said=("declined_page_old", {}))
    try:
        intent = await sessions.pay(ctx, id, _method(form.get("payment_method")), form)
    except CardError as error:
        said = page.refusal(say, error)
        return RedirectResponse(f"/c/{id}?error={said['code']}", 303)
    except (InvalidRequest, Transient) as error:
        session = await sessions.get(ctx, id)
        if error.param in answers.names(session) or error.code == "order_changed":
            if error.code == "parameter_invalid_card_number":
                form[str(error.param)] = ""  # never echoed (attack A12)
            problem = words.refusal(say, error, "broken")
            return await _confirmation(request, ctx, session, form["payment_method"], said=form, problem=problem)
        if error.code not in _USED_UP:
            raise
        return RedirectResponse(f"/c/{id}?error={error.code}", 303)
    url = _outcome(say, await sessions.get(ctx, id), intent)
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
    return view.filled(session["success_url"] or f"/c/{session['id']}", session)


async def _current(ctx: Context, id: str) -> tuple[Row, Row | None]:
    """The session and its intent, after healing a session whose payment went through without it."""
    session = await sessions.get(ctx, id)
    known = session["payment_intent"] or session["setup_intent"]
    if not known:
        return _timed(ctx, session), None
    intent = await sessions.intent_of(ctx, known)
    if session["status"] == "open" and intent["status"] not in ("processing", "requires_action"):
        await sessions.settle(ctx, intent["id"])
        session = await sessions.get(ctx, id)
    if session["status"] == "open" and intent["status"] in ("requires_payment_method", "requires_confirmation"):
        session = _timed(ctx, session)
    return session, intent


async def _seen(ctx: Context, session: Row, intent: Row | None) -> None:
    """The shopper is still there, perhaps at the bank's check, which keeps their place of the link."""
    if session["payment_link"] and intent and intent["status"] == "requires_action":
        await leaving.seen(ctx, session["id"])


def _timed(ctx: Context, session: Row) -> Row:
    """Past its time a session is closed for the payer, whether or not the sweeper has been there."""
    late = session["status"] == "open" and session["expires_at"] <= ctx.clock.now().timestamp()
    return {**session, "status": "expired"} if late else session


def _outcome(say: Language, session: Row, intent: Row | None) -> Row:
    """How it stands, in the closed vocabulary of our script."""
    if session["status"] == "complete":
        return {"status": "complete", "url": success_url(session)}
    if session["status"] == "expired" or (intent and intent["status"] == "canceled"):
        return {"status": "expired"}
    if intent and intent["status"] == "processing":
        return {"status": "processing"}
    if intent and intent["status"] == "requires_action":
        return {"status": "requires_action", "url": _challenge(intent)}
    error = _error(intent)
    if error:
        return {"status": "open", "error": page.spoken(say, error.get("code"), error.get("decline_code"))}
    return {"status": "open"}


def _error(intent: Row | None) -> Row:
    """Why the last try failed."""
    found = intent or {}
    error: Row = found.get("last_payment_error") or found.get("last_setup_error") or {}
    return error


def _challenge(intent: Row) -> str:
    return str(((intent["next_action"] or {}).get("redirect_to_url") or {}).get("url") or "")


async def _paid(request: Request, ctx: Context, session: Row) -> Response:
    key = {"paid": "paid", "no_payment_required": "saved"}.get(session["payment_status"], "held")
    say, rows = page.say(request), []
    charge = await _charge(ctx, session)
    if card := await _card(ctx, session, charge):
        brand = words.BRANDS.get(card["brand"]) or say.text("receipt_saved")
        rows.append((say.text("receipt_saved" if key == "saved" else "receipt_card"),
                     say.text("card_ending", brand=brand, last4=card["last4"])))
    if key == "paid":
        rows.insert(0, (say.text("receipt_status"), say.text("receipt_paid")))
    email = (session["customer_details"] or {}).get("email")
    if email:
        promised = key != "saved" and charge.get("receipt_email") == email
        rows.append((say.text("receipt_email" if promised else "email"), email))
    if session["client_reference_id"]:
        rows.append((say.text("receipt_ref"), session["client_reference_id"]))
    back = session["success_url"] and success_url(session)
    here = f"{ctx.settings.pay_base}/c/{session['id']}"
    link = back and back != here and {"url": back, "text": say.text("return_to", seller=ctx.account_name)}
    return page.told(request, key, mood="good", seller=ctx.account_name, rows=rows, link=link,
                     lead=await _thanks(ctx, session),
                     sum=view.total(session, say), test=not ctx.livemode)


async def _charge(ctx: Context, session: Row) -> Row:
    """What paid, or holds the money; empty where nothing is paid."""
    if not session["payment_intent"]:
        return {}
    found = (await charges.find(ctx, {"payment_intent": session["payment_intent"], "limit": 1}))["data"]
    return next(iter(found), {})


async def _card(ctx: Context, session: Row, charge: Row) -> Row | None:
    """The card that paid, or that was saved."""
    if session["setup_intent"]:
        method = (await sessions.intent_of(ctx, session["setup_intent"]))["payment_method"]
        card: Row | None = (await payment_methods.get(ctx, method))["card"]
        return card
    details: Row = charge.get("payment_method_details") or {}
    paid_by: Row | None = details.get("card")
    return paid_by


async def _thanks(ctx: Context, session: Row) -> str:
    """The merchant's own words to a payer who came by a link; empty for ours."""
    if not session["payment_link"]:
        return ""
    after = (await links.get(ctx, session["payment_link"]))["after_completion"]
    return str((after.get("hosted_confirmation") or {}).get("custom_message") or "")


def _over(request: Request, ctx: Context, session: Row, why: str) -> Response:
    link = session["cancel_url"] and {"url": view.filled(session["cancel_url"], session),
                                      "text": page.say(request).text("return_to", seller=ctx.account_name)}
    return page.told(request, why, mood="off", status=410, seller=ctx.account_name, link=link,
                     test=not ctx.livemode)


def _secret(ctx: Context) -> bytes:
    return ctx.settings.secret("checkout")


def _token(ctx: Context, id: str) -> str:
    return sign_token(_secret(ctx), f"{ctx.env}:{id}", TOKEN_SECONDS)
