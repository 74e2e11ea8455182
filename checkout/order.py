"""The order beside the form: promotion code, way of shipping and quantities, changed without leaving the page."""

import re

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from backend.checkout_sessions import order, sessions
from backend.context import Context
from backend.errors import InvalidRequest, Locked, NotFound
from backend.languages import Language
from backend.web import bodies, compression, templating
from checkout import page, view

CODE_MAX = 500
_SAID = {"coupon_expired": "code_over", "amount_too_small": "code_small", "rate_limit": "code_many",
         "session_closed": "order_over"}
PROBLEMS = frozenset((*_SAID.values(), "code_wrong", "order_locked", "quantity_wrong", "quantity_code"))
"""The words that tell why an order stayed as it was."""


def told(say: Language, problem: str | None) -> dict[str, object]:
    """What the template says of a change that was refused, and whether it belongs to the field of the code."""
    known = problem if problem in PROBLEMS else None
    return {"order_problem": say.text(known) if known else "",
            "code_problem": known is not None and known.startswith("code")}


async def show(request: Request) -> Response:
    """GET /c/{id}/order: the order as it stands, as a part of the page."""
    return await _order(request, await page.context(request, request.path_params["id"]))


async def change(request: Request) -> Response:
    """POST /c/{id}/order with promotion_code, remove_code, shipping_rate, or item and quantity (and a step of it).

    Without a script, back to the page.
    """
    page.same_origin(request)
    id = request.path_params["id"]
    ctx = await page.context(request, id)
    problem = await _apply(ctx, id, await bodies.form(request))
    if request.headers.get("hx-request"):
        return await _order(request, ctx, problem)
    return RedirectResponse(f"/c/{id}{f'?order={problem}' if problem else ''}", 303)


async def _apply(ctx: Context, id: str, said: dict[str, str]) -> str | None:
    """The key of what to tell the shopper when the order stays as it was."""
    try:
        if "promotion_code" in said:
            await order.promote(ctx, id, said["promotion_code"].replace("\x00", "").strip()[:CODE_MAX])
        elif "remove_code" in said:
            await order.demote(ctx, id)
        elif "item" in said:
            await order.resize(ctx, id, said["item"], _whole(said.get("quantity", "")) + _whole(said.get("step", "0")))
        elif rate := said.get("shipping_rate"):
            await order.ship(ctx, id, rate)
    except Locked:
        return "order_locked"
    except NotFound as error:
        if error.param == "session":
            raise
        return "code_wrong"
    except InvalidRequest as error:
        if "item" in said and error.code not in _SAID:
            return "quantity_wrong" if error.param in ("item", "quantity") else "quantity_code"
        return _SAID.get(error.code or "", "code_wrong")
    return None


def _whole(text: str) -> int:
    """The number that was typed; 0, which is never a quantity, for anything else."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,9}", text) else 0


async def _order(request: Request, ctx: Context, problem: str | None = None) -> Response:
    """The part of the page that shows the order, and the button's new words."""
    session = await sessions.get(ctx, request.path_params["id"])
    say = page.speak(request, session["locale"])
    body = templating.render_block("checkout/session.html", "order", s=await view.of(ctx, session, say), t=say.text,
                                   order_url=f"/c/{session['id']}/order", changed=True,
                                   **told(say, problem))
    return compression.html(request, body, 200, {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
                            https=request.url.scheme == "https")
