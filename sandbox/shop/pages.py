"""The shop's pages. Each is plain work with files and HTTP, done in a thread; all but one work without JavaScript."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jinja2
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.shop import buying, goods, webhooks
from sandbox.shop.farthing import Closed, Json, Refused
from sandbox.shop.goods import SHELVES
from sandbox.shop.opening import LINKED, Shop

BODY_MAX = 1_000_000
COOKIE, COOKIE_SECONDS = "shopper", 365 * 86_400
_TEMPLATES = jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True,
                                undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
_TEMPLATES.filters |= {"money": goods.money, "clock": lambda at: time.strftime("%H:%M:%S", time.localtime(at)),
                       "pretty": lambda value: json.dumps(value, indent=2, ensure_ascii=False)}


@dataclass
class Visit:
    """Who asks for what: the address, the form, the shopper that the browser's cookie names ('' for a new one)."""

    shop: Shop
    path: dict[str, str]
    query: dict[str, str]
    form: dict[str, str] = field(default_factory=dict)
    shopper: str = ""


def page(work: Callable[[Visit], Response]) -> Callable[[Request], Any]:
    """An endpoint that does `work`, and turns what stands in its way into a page with a sentence."""
    async def endpoint(request: Request) -> Response:
        shop: Shop = request.app.state.shop
        visit = Visit(shop, request.path_params, dict(request.query_params), shopper=request.cookies.get(COOKIE, ""))
        if request.method == "POST":
            if not _from_here(request, shop.base):
                return html(visit, "problem.html", 403, title="Not from here", sentence="Another site sent this form.")
            visit.form = dict(parse_qsl((await _body(request)).decode("utf-8", "replace"), max_num_fields=20))
        return await run_in_threadpool(_done, work, visit)
    return endpoint


def _done(work: Callable[[Visit], Response], visit: Visit) -> Response:
    try:
        visit.shop.open()
        return work(visit)
    except Closed as closed:
        return html(visit, "problem.html", 503, title="One moment", sentence=str(closed))
    except Refused as refusal:
        return html(visit, "problem.html", 502, title="Farthing refused", sentence=str(refusal))


def _from_here(request: Request, base: str) -> bool:
    """Whether a page of this shop sent the form: else any site could buy with a shopper's kept card."""
    site = request.headers.get("sec-fetch-site")
    return site in ("same-origin", "none") if site else request.headers.get("origin", base) == base


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_MAX:
            return b""
    return body


def html(visit: Visit, name: str, status: int = 200, **values: Any) -> Response:
    """A page, which may load our own files, Farthing's script and its frames, and nothing else."""
    try:
        account = visit.shop.farthing.account
    except Closed:
        account = {}
    fields, api = account.get("elements_url", ""), account.get("api_base", "")
    ways_out = " ".join(account.get(name, "") for name in ("checkout_url", "bank_url", "elements_url", "api_base"))
    policy = (f"default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self' {fields}; frame-src {fields}; "
              f"connect-src 'self'; form-action 'self' {ways_out}; frame-ancestors 'none'; base-uri 'none'")
    known = {"api": api, "fields": fields, "portal": account.get("portal_url", ""), "path": visit.path}
    return HTMLResponse(_TEMPLATES.get_template(name).render(known | values), status, {
        "content-security-policy": policy, "cache-control": "no-store", "x-content-type-options": "nosniff",
        "referrer-policy": "strict-origin-when-cross-origin"})


def lost(visit: Visit) -> Response:
    """There is no such page, or it is somebody else's."""
    return html(visit, "problem.html", 404, title="Not here", sentence="There is no such page in this shop.")


# ---- the shelves


def shelves(visit: Visit) -> Response:
    """GET /: what is sold."""
    prices = goods.prices(visit.shop.farthing)
    return html(visit, "shelves.html", goods=[(SHELVES[sku], amount) for sku, (_, amount) in prices.items()])


def good(visit: Visit) -> Response:
    """GET /goods/{sku}: one good and the ways to pay for it."""
    one = SHELVES.get(visit.path["sku"])
    price = goods.prices(visit.shop.farthing).get(one.sku) if one else None
    if one is None or price is None:
        return lost(visit)
    cards = buying.cards(visit.shop, visit.shop.store.customer(visit.shopper))
    link = visit.shop.link.get("url", "") if one.sku == LINKED else ""
    return html(visit, "good.html", good=one, amount=price[1], cards=cards, link=link)


def buy(visit: Visit) -> Response:
    """POST /goods/{sku}/buy: an order, in the way that the pressed button says."""
    one = SHELVES.get(visit.path["sku"])
    price = goods.prices(visit.shop.farthing).get(one.sku) if one else None
    if one is None or price is None:
        return lost(visit)
    shop, shopper, card = visit.shop, visit.shopper or buying.new_shopper(), visit.form.get("card", "")
    known = shop.store.customer(shopper)
    if card:
        if card not in {kept["id"] for kept in buying.cards(shop, known)}:
            return lost(visit)
        there = buying.saved(shop, buying.place(shop, shopper, one, price[1], "saved"), known, card)
    else:
        way, keep = visit.form.get("way", ""), visit.form.get("keep") == "yes"
        if way not in buying.WAYS:
            return lost(visit)
        customer = buying.customer(shop, shopper, keep)
        there = buying.WAYS[way](shop, buying.place(shop, shopper, one, price[1], way), price[0], customer, keep)
    answer = RedirectResponse(there, 303, {"cache-control": "no-store"})
    answer.set_cookie(COOKIE, shopper, COOKIE_SECONDS, httponly=True, samesite="lax",
                      secure=shop.base.startswith("https:"))
    return answer


# ---- orders


def _own(visit: Visit) -> Json | None:
    order = visit.shop.store.order(visit.path["id"])
    return order if order and visit.shopper and order["shopper"] == visit.shopper else None


def orders(visit: Visit) -> Response:
    """GET /orders: those of this shopper."""
    return html(visit, "orders.html", orders=visit.shop.store.orders(visit.shopper))


def order(visit: Visit) -> Response:
    """GET /orders/{id}: how it stands. Nothing in this address, or behind it, makes an order paid."""
    found = _own(visit)
    return html(visit, "order.html", order=found) if found else lost(visit)


def pay(visit: Visit) -> Response:
    """GET /orders/{id}/pay: the card fields. The only page that needs JavaScript."""
    found = _own(visit)
    if found is None or found["way"] != "here" or not found["intent"]:
        return lost(visit)
    intent = visit.shop.farthing.get(f"/v1/payment_intents/{found['intent']}")
    if intent["status"] not in ("requires_payment_method", "requires_confirmation", "requires_action"):
        return RedirectResponse(f"/orders/{found['id']}", 303)
    return html(visit, "pay.html", order=found, secret=intent["client_secret"], back=visit.shop.base,
                key=visit.shop.farthing.account["publishable_key"])


def thanks(visit: Visit) -> Response:
    """GET /thanks?session=…: back from the payment link. The order is there once its event has come."""
    shopper = visit.shopper or buying.new_shopper()
    session = visit.query.get("session", "")
    found = visit.shop.store.claim(session, shopper) if session else None
    if found is None:
        return html(visit, "thanks.html")
    answer = RedirectResponse(f"/orders/{found['id']}", 303)
    answer.set_cookie(COOKIE, shopper, COOKIE_SECONDS, httponly=True, samesite="lax",
                      secure=visit.shop.base.startswith("https:"))
    return answer


# ---- behind the counter


def counter(visit: Visit) -> Response:
    """GET /behind: all orders. A real shop would have a door with a lock before it."""
    return html(visit, "counter.html", orders=visit.shop.store.orders())


def behind(visit: Visit) -> Response:
    """GET /behind/{id}: what the shop asked Farthing for an order, and what it was told."""
    store = visit.shop.store
    found = store.order(visit.path["id"])
    if found is None:
        return lost(visit)
    return html(visit, "behind.html", order=found, calls=store.calls(found["id"]), events=store.events(found["id"]))


async def hear(request: Request) -> Response:
    """POST /webhooks: 200 when the event is on disk, 400 when it is not Farthing's."""
    shop: Shop = request.app.state.shop
    body = await _body(request)

    def work() -> None:
        event = webhooks.read(body, request.headers.get("stripe-signature", ""), shop.endpoint.get("secret", ""),
                              time.time())
        webhooks.take(shop.store, event, shop.link.get("id", ""))

    try:
        await run_in_threadpool(work)
    except webhooks.Forged:
        return Response("This was not signed for this shop.\n", 400)
    return Response("", 200)
