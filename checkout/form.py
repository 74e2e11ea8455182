"""The form of a checkout session that can be paid: everything that its page and its scripts need to know."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from backend import addresses, countries, phones
from backend.accounts import environments
from backend.context import Context
from backend.errors import NotFound
from checkout import order, page, texts, view, words

Row = dict[str, Any]
_DAY = 24 * 3600
_BRANDS = (("visa", "VISA"), ("mastercard", "MC"), ("amex", "AMEX"), ("discover", "DISC"), ("diners", "DINERS"),
           ("jcb", "JCB"), ("unionpay", "UP"))
_LABELS = {"state": {name.removeprefix("area_"): said for name, said in words.WORDS.items() if name[:5] == "area_"},
           "city": {name.removeprefix("city_"): said for name, said in words.WORDS.items() if name[:5] == "city_"},
           "postal_code": {name: words.text(name) for name in ("zip", "postcode", "postal", "pin", "eircode")}}
"""What the parts of an address are called, by the names of the rules."""
_TEXTS = ("busy", "done", "problems", "retry", "offline", "offline_title", "unreachable_title", "broken", "unfinished",
          "resume", "resume_title", "resume_lead", "problem_title", "declined_title", "trouble_title", "optional",
          "add_line2")


async def show(request: Request, ctx: Context, session: Row, *, token: str, resume: str | None, error: Row) -> Response:
    """The page. `resume` is where a bank's check goes on; `error` is why the last try failed."""
    id, settings = session["id"], ctx.settings
    owner = await environments.get(ctx.runtime, ctx.env)
    s = await view.of(ctx, session)
    country = s["known"].get("country") or _country(request, owner["country"])
    ships = s["known"].get("shipping_country") or country
    ships = ships if ships in dict(s["ships_to"]) else s["ships_to"][0][0] if len(s["ships_to"]) == 1 else ""
    values: Row = {
        "s": s, "session_token": token, "brands": _BRANDS, "vault_url": f"{settings.elements_base}/checkout/card",
        "countries": countries.named(), "country": country, "ships": ships, "phones": phones.named(),
        "problem": _problem(request, error), "order_url": f"/c/{id}/order",
        **order.told(request.query_params.get("order")), "changed": False,
        "cards_url": f"{settings.api_base}/docs/test-cards",
        "page": {
            "pay": f"/c/{id}/pay", "order": f"/c/{id}/order", "status": f"/c/{id}/status", "here": f"/c/{id}",
            "resume": resume, "texts": {name: words.of(session["mode"], name) for name in _TEXTS},
            "fields": words.FIELDS, "declines": _declines(), "field_of": words.FIELD_OF, "labels": _LABELS,
            "addresses": {code: addresses.told(code) for code in {country, ships} if code},
        },
    }
    pictures = tuple(dict.fromkeys(filter(None, (texts.origin(line["image"] or "") for line in s["lines"]))))
    return page.html(request, "session.html", values, allow=page.surface(settings, pictures))


async def rules(request: Request) -> Response:
    """GET /addresses/{country}: how addresses are written there, for a shopper who chooses another country."""
    country = str(request.path_params["country"])
    if country not in dict(countries.named()):
        raise NotFound("country", country)
    return JSONResponse(addresses.told(country), headers={"Cache-Control": f"public, max-age={_DAY}",
                                                          "X-Content-Type-Options": "nosniff"})


def _declines() -> dict[str, str]:
    """The sentences that our script picks by their code; where the code alone does not say it all, the server does."""
    return {code: said for code, said in words.DECLINES.items() if code != "payment_link_sold_out"}


def _problem(request: Request, error: Row) -> str | None:
    """The decline that the payer comes back with, always in our own words."""
    if code := request.query_params.get("error"):
        return words.decline(code)
    if request.query_params.get("redirect_status") == "failed" and error:
        return str(page.spoken(error.get("code"), error.get("decline_code"))["message"])
    return None


def _country(request: Request, home: str) -> str:
    """The region of the browser's first language, else the seller's country."""
    first = request.headers.get("accept-language", "").split(",")[0].split(";")[0]
    region = first.rpartition("-")[2].upper()
    return region if region in dict(countries.named()) else home
