"""The form of a checkout session that can be paid: everything that its page and its scripts need to know."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from backend import addresses, countries, phones
from backend.accounts import environments
from backend.context import Context
from backend.errors import NotFound
from backend.languages import ENGLISH, Language, accepted
from checkout import english, order, page, texts, view, words

Row = dict[str, Any]
_DAY = 24 * 3600
_BRANDS = (("visa", "VISA"), ("mastercard", "MC"), ("amex", "AMEX"), ("discover", "DISC"), ("diners", "DINERS"),
           ("jcb", "JCB"), ("unionpay", "UP"))
_CODES = ("zip", "postcode", "postal", "pin", "eircode")
_TEXTS = ("busy", "done", "problems", "retry", "offline", "offline_title", "unreachable_title", "broken", "unfinished",
          "resume", "resume_title", "resume_lead", "problem_title", "declined_title", "trouble_title", "optional",
          "add_line2", "named")


async def show(request: Request, ctx: Context, session: Row, *, token: str, resume: str | None, error: Row) -> Response:
    """The page. `resume` is where a bank's check goes on; `error` is why the last try failed."""
    id, settings = session["id"], ctx.settings
    owner, say = await environments.get(ctx.runtime, ctx.env), page.say(request)
    s = await view.of(ctx, session, say)
    country = s["known"].get("country") or _country(request, owner["country"])
    ships = s["known"].get("shipping_country") or country
    ships = ships if ships in dict(s["ships_to"]) else s["ships_to"][0][0] if len(s["ships_to"]) == 1 else ""
    values: Row = {
        "s": s, "session_token": token, "brands": _BRANDS, "vault_url": f"{settings.elements_base}/checkout/card",
        "countries": countries.named(say.tag), "country": country, "ships": ships,
        "phones": phones.named(say.tag), "problem": _problem(request, error), "order_url": f"/c/{id}/order",
        **order.told(say, request.query_params.get("order")), "changed": False,
        "cards_url": f"{settings.api_base}/docs/test-cards",
        "page": {
            "pay": f"/c/{id}/pay{page.asking(session, say)}", "order": f"/c/{id}/order",
            "status": f"/c/{id}/status", "here": f"/c/{id}",
            "resume": resume, "texts": {name: words.of(say, session["mode"], name) for name in _TEXTS},
            "fields": words.fields(say), "declines": _declines(say), "field_of": words.FIELD_OF,
            "labels": _labels(say), "english": say.tag == ENGLISH, "unknown": say.unknown,
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


def _labels(say: Language) -> dict[str, dict[str, str]]:
    """What the parts of an address are called, by the names of the rules."""
    areas, cities = ({name.removeprefix(first): say.text(name) for name in english.WORDS if name.startswith(first)}
                     for first in ("area_", "city_"))
    return {"state": areas, "city": cities, "postal_code": {name: say.text(name) for name in _CODES}}


def _declines(say: Language) -> dict[str, str]:
    """What our script says of a refusal by the vault, which speaks English only; our own come with their sentence."""
    return {code: say.text(words.DECLINES[code]) for code in words.OF_VAULT}


def _problem(request: Request, error: Row) -> str | None:
    """The decline that the payer comes back with, always in our own words."""
    if code := request.query_params.get("error"):
        return words.decline(page.say(request), code)
    if request.query_params.get("redirect_status") == "failed" and error:
        return str(page.spoken(page.say(request), error.get("code"), error.get("decline_code"))["message"])
    return None


def _country(request: Request, home: str) -> str:
    """The region of the browser's first language, else the seller's country: sv alone is Swedish, not El Salvador."""
    [first, *_] = accepted(request.headers.get("accept-language", "")) or [""]
    regions = [part.upper() for part in first.split("-")[1:] if part.upper() in dict(countries.named())]
    return regions[0] if regions else home
