"""3-D Secure before the money message: whether to authenticate, the request to the issuer, what its answer means.

Source: EMV 3-D Secure 2.2 (transStatus, ECI, authentication value); reference test values section 6.
"""

import uuid
from typing import Any

import orjson

from backend.context import Context
from backend.crypto import b64
from backend.customers import shapes as customer_shapes
from backend.errors import ApiError
from backend.networks.link import Broken, NotSent, Refused

Row = dict[str, Any]

_DEADLINE_SECONDS = 10.0
_ASKS = frozenset({"required", "required_on_setup", "set_up"})  # on-session: the issuer wants its cardholder
_ABLE = _ASKS | {"optional", "not_enrolled"}
_ADAPTIVE = ("optional", "visa", "0003")
"""Enrolment, brand and last four digits of the test card that adaptive 3-D Secure asks."""
LOOKS = 5
"""How often what keeps changing is read afresh when its challenge has ended."""


def needed(ctx: Context, method: Row, asked: str) -> bool:
    """True when the issuer asks for authentication, our own risk check does, or the merchant does and the card can."""
    support = method["card"].get("three_ds", "not_enrolled")
    adaptive = not ctx.livemode and "adaptive_3ds" in ctx.settings.test_risk_switches and _adaptive(method)
    return adaptive or support in _ASKS or (asked in ("any", "challenge") and support in _ABLE)


def _adaptive(method: Row) -> bool:
    card = method["card"]
    return (card.get("three_ds"), card["brand"], card["last4"]) == _ADAPTIVE


def agreed(method: Row) -> Row | None:
    """What a payment states whose cardholder is away but agreed before: ECI 07, no authentication value. None when
    the card was not set up for that."""
    ready = method.get("set_up") == "off_session" or method["card"].get("three_ds") == "set_up"
    return {"eci": "07"} if ready else None


async def ask(ctx: Context, method: Row, id: str, amount: int, currency: str) -> tuple[str, Row]:
    """Send the authentication request; returns our reference and the issuer's first answer.

    Raises ApiError when the issuer cannot be asked (nothing was written).
    """
    reference = str(uuid.uuid4())
    try:
        return reference, await ctx.runtime.link.call(
            "authenticate", _DEADLINE_SECONDS, env=ctx.env, token=method["id"], three_ds_server_trans_id=reference,
            amount=amount, currency=currency, merchant_name=ctx.account_name,
            notification_url=f"{ctx.settings.pay_base}/3ds/{id}/complete", browser={})
    except (NotSent, Broken, Refused) as error:
        raise ApiError("The card's issuer cannot be asked to authenticate right now. Nothing was charged; please try "
                       "again.") from error


async def result(ctx: Context, reference: str) -> dict[str, Any]:
    """How the challenge of our `reference` ended, from the issuer itself; raises ApiError when it cannot be asked."""
    try:
        return await ctx.runtime.link.call("authentication_result", _DEADLINE_SECONDS,
                                           three_ds_server_trans_id=reference)
    except (NotSent, Broken, Refused) as error:
        raise ApiError("The card's issuer cannot be asked right now. Nothing was charged; please try again.") from error


def proof(answer: Row, flow: str) -> Row:
    """What the money message carries and the charge shows: ECI, authentication value, transaction id, result."""
    result = {"Y": "authenticated", "A": "attempt_acknowledged"}.get(answer["trans_status"], "processing_error")
    return {"eci": answer.get("eci") or "07", "cavv": answer.get("cavv"),
            "ds_transaction_id": answer.get("ds_transaction_id"), "flow": flow, "result": result}


def creq(reference: str, acs_transaction_id: str | None) -> str:
    """The challenge request that the browser posts to the issuer: base64url without padding, by both references."""
    message = {"messageType": "CReq", "messageVersion": "2.2.0", "challengeWindowSize": "05",
               "threeDSServerTransID": reference, "acsTransID": acs_transaction_id}
    return b64(orjson.dumps(message)).replace("+", "-").replace("/", "_").rstrip("=")


def failure(ctx: Context, method: Row, *, code: str = "payment_intent_authentication_failure") -> Row:
    """`last_payment_error` (or `last_setup_error`) of an authentication that failed."""
    return {"type": "card_error", "code": code, "doc_url": f"{ctx.settings.api_base}/docs/errors#{code}",
            "message": "We are unable to authenticate your payment method. Please choose a different payment method "
                       "and try again.",
            "payment_method": customer_shapes.payment_method(method, livemode=ctx.livemode)}


def absent(ctx: Context, method: Row) -> Row:
    """`last_payment_error` of a payment whose card wants its holder, who is not there."""
    return {"type": "card_error", "code": "authentication_required", "decline_code": "authentication_required",
            "message": "Your card was declined. This transaction requires authentication.",
            "payment_method": customer_shapes.payment_method(method, livemode=ctx.livemode)}


def next_action(ctx: Context, id: str, return_url: str | None, *, redirect: bool = False) -> dict[str, Any]:
    """What the shopper's browser does next: go to the challenge, or have the browser library show it."""
    url = f"{ctx.settings.pay_base}/3ds/{id}"
    if return_url or redirect:
        return {"type": "redirect_to_url", "redirect_to_url": {"url": url, "return_url": return_url}}
    return {"type": "use_stripe_sdk",
            "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": url, "source": id}}


def awaits(action: Row | None, id: str) -> bool:
    """Whether this next_action waits for the challenge `id`, and not for a newer one."""
    return awaited(action) == id


def awaited(action: Row | None) -> str:
    """The challenge that this next_action waits for; empty when it waits for none."""
    action = action or {}
    named = (action.get("redirect_to_url") or {}).get("url") or (action.get("use_stripe_sdk") or {}).get("source") or ""
    return str(named).rpartition("/")[2]
