"""A visit to a payment link: a fresh checkout session with what the address of the visit says.

Whatever the address says wrongly is dropped without a word: a shopper did not write it and cannot mend it.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from backend.checkout_pages import asks
from backend.checkout_sessions import order, parameters, sessions, sql
from backend.context import Context
from backend.errors import InvalidRequest, Transient
from backend.fields.types import Choice, Email, Text, Type
from backend.logs import redact
from backend.payment_links import links
from backend.risk import brakes

Row = dict[str, Any]
_UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
_WORD = "[A-Za-z0-9_-]+"
LOCALES = (*parameters.LOCALES, *"ar en-AU en-CA en-NZ es-ES fr-FR he it-IT no pt-PT tk".split())
"""Languages that an address can ask for: those of a session, and the others that browsers' frames know."""
_EMAIL, _LOCALE = Email(), Choice(LOCALES)
_REFERENCE, _SOURCE, _CODE = (Text(max=longest, pattern=_WORD) for longest in (200, 150, 500))


async def begin(ctx: Context, id: str, said: Mapping[str, str]) -> Row | None:
    """A new session of the link; None when the link is switched off or sold out, or no longer sells what it did.

    `said` are the parameters of the address. Raises NotFound, and TooMany while too many cards were declined on it: it
    opens again by itself.
    """
    link = await links.row(ctx, id)
    if not links.open_to_all(ctx, link):
        return None
    await brakes.require_left(ctx, "link", id)
    try:
        async with ctx.transaction() as tx:
            session = await sessions.create(ctx, tx, _params(link, said), link=id)
    except InvalidRequest:  # a price or product was archived since the link was made
        return None
    if code := _code(link, said):
        with suppress(InvalidRequest, Transient):
            await order.promote(ctx, session["id"], code)
    return session


async def of_links(ctx: Context, wanted: Iterable[str]) -> Row:
    """How many visits of each link there were, how many of them began to pay, and how many completed. Counted when
    somebody asks: a visit is a session, and writes nothing that another would wait for."""
    ids = list(wanted)
    found = {row["id"]: row["counts"] for row in await ctx.db.rows(ctx.env, sql.VISITS, (ctx.env, ids))}
    return {id: found.get(id) or {"completed": 0, "started": 0, "views": 0} for id in ids}


def _params(link: Row, said: Mapping[str, str]) -> Row:
    """The parameters of the session."""
    after = link["after_completion"]
    url = (after.get("redirect") or {}).get("url")
    payment = dict(link["payment_intent_data"] or {})
    return {
        "mode": "payment", "line_items": [links.entry(item) for item in link["items"]],
        "currency": link["currency"], "metadata": link["metadata"], "payment_intent_data": payment,
        "billing_address_collection": link["billing_address_collection"], "submit_type": link["submit_type"],
        "customer_creation": link["customer_creation"],
        **{name: link[name] for name in asks.NAMES if link.get(name)},
        "success_url": url and _with_utm(url, said), **_prefilled(said)}


def _prefilled(said: Mapping[str, str]) -> Row:
    """What the page knows beforehand, where it is what it should be; never a card number. An email address that is
    locked wins over one that may be changed."""
    found: Row = {param: said[name] for name, param, kind in (
        ("prefilled_email", "customer_email", _EMAIL), ("locked_prefilled_email", "customer_email", _EMAIL),
        ("locale", "locale", _LOCALE), ("client_reference_id", "client_reference_id", _REFERENCE))
        if _is(kind, said.get(name, ""))}
    locked = _is(_EMAIL, said.get("locked_prefilled_email", ""))
    return found | ({"email_locked": True} if locked else {})


def _is(kind: Type, text: str) -> bool:
    """Whether it is what it should be, as the API would judge, and nothing that a log would hide."""
    with suppress(InvalidRequest):
        return bool(kind.parse(text, "")) and redact(text) == text
    return False


def _code(link: Row, said: Mapping[str, str]) -> str | None:
    """prefilled_promo_code, where the link takes codes."""
    code = said.get("prefilled_promo_code", "")
    return code if link.get("allow_promotion_codes") and _is(_CODE, code) else None


def _with_utm(url: str, said: Mapping[str, str]) -> str:
    """The merchant's address, which learns where the shopper came from."""
    told = [f"{name}={said[name]}" for name in _UTM if _is(_SOURCE, said.get(name, ""))]
    parts = urlsplit(url)
    return parts._replace(query="&".join([*filter(None, [parts.query]), *told])).geturl()
