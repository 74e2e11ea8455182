"""What a seller looks like on the page: display name, picture and colours, from the account and our own origin."""

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from backend.accounts import environments
from backend.context import Context
from backend.errors import NotFound
from backend.files import files
from checkout import page

Row = dict[str, Any]
_PICTURES = ("icon", "logo")
_BLACK, _WHITE = "#12201b", "#ffffff"
_FRESH_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Brand:
    """The parts of an account's branding that a page shows; `picture` is which of icon and logo there is."""

    name: str
    picture: str | None = None
    colour: str | None = None
    accent: str | None = None
    terms_url: str | None = None
    privacy_url: str | None = None


def of(owner: Row) -> Brand:
    """The brand of an environment's row."""
    doc = owner["profile"] or {}
    profile, look = doc.get("business_profile") or {}, doc.get("branding") or {}
    return Brand(name=environments.display_name(owner),
                 picture=next((which for which in _PICTURES if look.get(which)), None),
                 colour=look.get("primary_color"), accent=look.get("secondary_color"),
                 terms_url=profile.get("terms_of_service_url"), privacy_url=profile.get("privacy_policy_url"))


async def stylesheet(request: Request) -> Response:
    """GET /c/{id}/brand.css: the seller's colours; inline styles are forbidden by the page's policy."""
    return await stylesheet_of(await page.context(request, str(request.path_params["id"])))


async def stylesheet_of(ctx: Context) -> Response:
    """The colours of the seller whose page it is."""
    brand = of(await environments.get(ctx.runtime, ctx.env))
    rules = [_rule(selector, colour) for selector, colour in
             ((".monogram", brand.colour), (".pay .button.primary", brand.accent or brand.colour)) if colour]
    return Response("@layer door {\n" + "\n".join(rules) + "\n}\n", headers=_headers("text/css; charset=utf-8"))


async def picture(request: Request) -> Response:
    """GET /c/{id}/brand/{which}: the icon or the logo, which the merchant has uploaded."""
    ctx = await page.context(request, str(request.path_params["id"]))
    return await picture_of(ctx, str(request.path_params["which"]))


async def picture_of(ctx: Context, which: str) -> Response:
    """That picture of the seller whose page it is; raises NotFound when there is none."""
    id = await _file(ctx, which)
    if id is None:
        raise NotFound("picture", which)
    found = await files.contents(ctx, id)
    return StreamingResponse(found.pieces, headers=_headers(found.media) | {"Content-Length": str(found.size)})


async def _file(ctx: Context, which: str) -> str | None:
    doc = (await environments.get(ctx.runtime, ctx.env))["profile"] or {}
    return (doc.get("branding") or {}).get(which) if which in _PICTURES else None


def _headers(media: str) -> dict[str, str]:
    return {"Content-Type": media, "Cache-Control": f"private, max-age={_FRESH_SECONDS}",
            "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cross-Origin-Resource-Policy": "same-origin", "Referrer-Policy": "no-referrer"}


def _rule(selector: str, colour: str) -> str:
    """The colour behind, and whichever of black and white reads better on it; a rim where it melts into the page."""
    ink = max((_BLACK, _WHITE), key=lambda one: contrast(one, colour))
    return (f"{selector}, {selector}:hover {{ background: {colour}; color: {ink}; "
            "border: 1px solid color-mix(in srgb, currentColor 35%, transparent); }")


def contrast(one: str, other: str) -> float:
    """The contrast of two colours `#rrggbb` by WCAG 2.2: 1 for none, 21 for black on white."""
    light, dark = sorted((_light(one), _light(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _light(colour: str) -> float:
    parts = (int(colour[place:place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
