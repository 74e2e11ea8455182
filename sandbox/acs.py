"""The issuer's 3-D Secure pages in the shopper's browser: CReq in by a form post, CRes out by a form post.

What the browser carries away is only a hint: the merchant's server asks /3ds/results.
"""

import base64
import binascii
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jinja2
import orjson
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.cards import CARDS
from sandbox.currencies import ALPHA
from sandbox.directory import VERSION, origin
from sandbox.transactions import RESENDS_MAX, TEST_CODE, Transaction

BODY_MAX = 16_384
SESSION_DATA_MAX = 1_024
_SHOPS = ("https:", "http://localhost:*", "http://*.localhost:*", "http://127.0.0.1:*")
TEMPLATES = jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True,
                                undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)

QUESTIONS = {
    "single": ("Which city is your home branch in?",
               [("porto", "Porto"), ("lisbon", "Lisbon"), ("madrid", "Madrid"), ("lyon", "Lyon")]),
    "multi": ("Which two payments did you make this week?",
              [("groceries", "Groceries, Fern Market"), ("cinema", "Cinema, Rex"), ("train", "Train ticket, Coastline"),
               ("hotel", "Hotel, Grand Vista")]),
}


async def challenge(request: Request) -> Response:
    """POST /acs/challenge: the browser arrives with a CReq."""
    form = await _form(request)
    creq = _unpack(form.get("creq", [""])[0])
    one = await _find(request, str(creq.get("acsTransID", "")))
    if one is None or creq.get("threeDSServerTransID") != one.server_id or creq.get("messageType") != "CReq":
        return _problem(request)
    if one.finished:
        return _page(request, one)
    session_data = form.get("threeDSSessionData", [""])[0][:SESSION_DATA_MAX]
    if not one.seen or session_data != one.session_data:
        one.seen, one.session_data = True, session_data
        await request.app.state.transactions.save(one)
    return _page(request, one)


async def act(request: Request) -> Response:
    """POST /acs/{acsTransID}: a button was pressed. Sends the browser back to the page, so reloading is harmless."""
    one = await _find(request, request.path_params["acs_id"])
    if one is None:
        return _problem(request)
    form = await _form(request)
    if not one.finished:
        one.act(form.get("action", [""])[0], form.get("code", [""])[0], form.get("choice", []))
        await request.app.state.transactions.save(one)
    return RedirectResponse(f"/acs/{one.acs_id}", 303, _headers(request, one))


async def show(request: Request) -> Response:
    """GET /acs/{acsTransID}: the page as it stands."""
    one = await _find(request, request.path_params["acs_id"])
    return _problem(request) if one is None else _page(request, one)


async def index(request: Request) -> Response:
    """GET /: what this is, and the test cards."""
    rows = [{"number": " ".join(row.number[i:i + 4] for i in range(0, len(row.number), 4)), "brand": row.brand.title(),
             "note": row.note} for row in CARDS.values()]
    return _html(request, "index.html", {"rows": rows, "acquirers": request.app.state.settings.acquirer_ports})


async def _find(request: Request, acs_id: str) -> Transaction | None:
    found: Transaction | None = await request.app.state.transactions.by_acs_id(acs_id)
    # A transaction without a challenge has no page.
    return found if found is not None and (found.seen or not found.finished or found.cancel) else None


# ---- pages


def _page(request: Request, one: Transaction) -> Response:
    values: dict[str, Any] = {"one": one, "amount": _amount(one), "merchant": one.merchant}
    if one.finished:
        again = one.delivered
        one.delivered = True
        cres = {"messageType": "CRes", "messageVersion": VERSION, "threeDSServerTransID": one.server_id,
                "acsTransID": one.acs_id, "transStatus": "Y" if one.status == "Y" else "N"}
        return _html(request, "done.html", {**values, "cres": _pack(cres), "again": again}, one)
    question, choices = QUESTIONS.get(one.challenge, ("", []))
    values |= {"question": question, "choices": choices, "test_code": TEST_CODE, "resends_left":
               RESENDS_MAX - one.resends}
    return _html(request, "challenge.html", values, one)


def _problem(request: Request) -> Response:
    return _html(request, "problem.html", {}, status=404)


def _html(request: Request, name: str, values: dict[str, Any], one: Transaction | None = None,
          status: int = 200) -> Response:
    return HTMLResponse(TEMPLATES.get_template(name).render(values), status, _headers(request, one))


def _headers(request: Request, one: Transaction | None) -> dict[str, str]:
    """Who may frame the page (every ancestor counts, so the merchant's own site too, which a bank does not know
    beforehand), and where its forms may go."""
    ancestors = [*request.app.state.settings.frame_ancestors, *_SHOPS]
    targets = ["'self'"]
    if one is not None:
        targets.append(origin(one.notification_url))
        if one.requestor_url:
            ancestors.append(origin(one.requestor_url))
    framing = " ".join(ancestors) if one is not None else "'self' " + " ".join(ancestors)
    return {
        "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
                                   f"form-action {' '.join(targets)}; frame-ancestors {framing}; base-uri 'none'",
        "referrer-policy": "no-referrer", "cache-control": "no-store", "x-content-type-options": "nosniff",
        "cross-origin-embedder-policy": "require-corp", "cross-origin-resource-policy": "cross-origin",
    }


def _amount(one: Transaction) -> str:
    digits = str(one.amount).rjust(one.exponent + 1, "0")
    whole = digits[:len(digits) - one.exponent]
    grouped = f"{int(whole):,}"
    return f"{grouped}.{digits[-one.exponent:]} {ALPHA[one.currency]}" if one.exponent else \
        f"{grouped} {ALPHA[one.currency]}"


# ---- forms


async def _form(request: Request) -> dict[str, list[str]]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_MAX:
            return {}
    form: dict[str, list[str]] = {}
    for name, value in parse_qsl(body.decode("utf-8", "replace"), max_num_fields=50):
        form.setdefault(name, []).append(value)
    return form


def _pack(message: dict[str, str]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(message)).decode().rstrip("=")


def _unpack(text: str) -> dict[str, Any]:
    """base64url JSON, padded or not; an empty dict for anything else."""
    try:
        message = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError):
        return {}
    return message if isinstance(message, dict) else {}
