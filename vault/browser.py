"""What merchants' pages load from the vault's origin: the browser script, and the frames that cards are typed in.

The script is one build for all trains; which train and which installation it is, is written into it here. Headers as in
reference shopper.md sections 7 and 8.5.
"""

import json
from functools import cached_property
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from backend import addresses, countries
from backend.config import Settings
from backend.web import headers, static, templating
from backend.web.static import Asset

TRAINS: dict[str, Any] = json.loads((Path(__file__).parent / "trains.json").read_text())
"""Train -> its version and what it lacks; the script reads the same file."""
FRAMES = {"controller": "controller", "elements-inner-card": "card", "elements-inner-payment": "payment",
          "elements-inner-address": "address", "challenge": "challenge"}
"""Page -> its script."""
_LISTS_COUNTRIES = ("payment", "address")
_FRESH, _DAY = "public, max-age=300", 24 * 3600
_ANYWHERE = {"Access-Control-Allow-Origin": "*", "Timing-Allow-Origin": "*",
             "Cross-Origin-Resource-Policy": "cross-origin"}
_HSTS = {"Strict-Transport-Security": "max-age=63072000; includeSubDomains"}
_FEATURES = "accelerometer=(), camera=(), geolocation=(), gyroscope=(), microphone=(), usb=()"


class Browser:
    """The routes of everything here, for one installation."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._hsts = _HSTS if settings.live else {}

    @property
    def routes(self) -> list[Route]:
        return [
            *(Route(path, self.script) for path in self._evergreen),
            *(Route(asset.url, self.kept) for asset in self._evergreen.values()),
            Route("/static/browser/{name}", self.kept),
            Route("/v3/scripts.json", self.inventory),
            Route("/v3/addresses/{country}", self.address),
            *(Route(f"/v3/{page}.html", self.frame) for page in FRAMES),
        ]

    @cached_property
    def _evergreen(self) -> dict[str, Asset]:
        """Address -> the script that it serves, which has an address of its own with its hash."""
        source = static.assets()["browser/stripe.js"].body.decode()
        found: dict[str, Asset] = {}
        for train in TRAINS:
            told = {"@train@": train, "@elements@": self._settings.elements_base, "@pay@": self._settings.pay_base,
                    "@docs@": f"{self._settings.api_base}/docs/card-fields"}
            text = source
            for name, value in told.items():
                text = text.replace(name, value)
            name = "/v3/stripe.js" if train == "3" else f"/{train}/stripe.js"
            asset = static.made(name, text.encode())
            found |= dict.fromkeys(("/v3", "/v3/", name) if train == "3" else (name,), asset)
        return found

    async def script(self, request: Request) -> Response:
        """GET /v3/ and its siblings: always the newest, asked for again after five minutes."""
        asset = self._evergreen[request.url.path]
        tag = f'"{asset.integrity[-16:]}"'
        found = static.answer(request, asset)
        if request.headers.get("if-none-match") == tag:
            found = Response(status_code=304)
        found.headers.update({**_ANYWHERE, **self._hsts, "Cache-Control": _FRESH, "ETag": tag})
        return found

    async def kept(self, request: Request) -> Response:
        """GET a file by the name that holds its hash: it never changes, and a page may pin it by SRI."""
        path = request.url.path
        asset = next((one for one in self._evergreen.values() if one.url == path), None) or static.at(path)
        if asset is None:
            return Response("Not found\n", 404, media_type="text/plain")
        found = static.answer(request, asset)
        found.headers.update({**_ANYWHERE, **self._hsts})
        return found

    async def inventory(self, request: Request) -> Response:
        """GET /v3/scripts.json: every script that we serve to payment pages, with its hash (PCI DSS 6.4.3, 11.6.1)."""
        scripts = {path.lstrip("/"): asset for path, asset in self._evergreen.items() if path.endswith(".js")}
        scripts |= {name: asset for name, asset in static.assets().items() if name.startswith("browser/")}
        return JSONResponse({name: {"url": f"{self._settings.elements_base}{asset.url}", "integrity": asset.integrity}
                             for name, asset in scripts.items()},
                            headers={**_ANYWHERE, **self._hsts, "Cache-Control": _FRESH})

    async def address(self, request: Request) -> Response:
        """GET /v3/addresses/{country}: how addresses are written there, for our own frames."""
        country = str(request.path_params["country"])
        if country not in dict(countries.named()):
            return JSONResponse({"error": {"message": "No such country."}}, 404)
        return JSONResponse(addresses.told(country), headers={
            "Cache-Control": f"public, max-age={_DAY}", "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin", **self._hsts})

    async def frame(self, request: Request) -> Response:
        """GET /v3/….html: one frame. What it is for stands in its address's fragment, which we never see."""
        page = request.url.path.rsplit("/", 1)[-1].removesuffix(".html")
        name, nonce, settings = FRAMES[page], headers.nonce(), self._settings
        body = templating.render("vault/frame.html", name=name, nonce=nonce, api=settings.api_base,
                                 pay=settings.pay_base, docs=f"{settings.api_base}/docs/card-fields",
                                 countries=countries.named() if name in _LISTS_COUNTRIES else ())
        return HTMLResponse(body, headers={
            "Content-Security-Policy": self._policy(name, nonce), **headers.NESTED, **self._hsts,
            "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "Permissions-Policy": _FEATURES,
            "Cache-Control": "no-store"})

    def _policy(self, name: str, nonce: str) -> str:
        """The controller also tells the hosted pages that a check was closed; the check begins and ends there."""
        settings = self._settings
        ancestors = " ".join(headers.merchants(live=settings.live))
        return "; ".join((
            "default-src 'none'", "script-src 'self'", f"style-src 'self' 'nonce-{nonce}'",
            f"connect-src 'self' {settings.api_base}{f' {settings.pay_base}' if name == 'controller' else ''}",
            "img-src 'self' data:", "font-src 'self'",
            f"frame-src 'self' {settings.bank_base}{f' {settings.pay_base}' if name == 'challenge' else ''}",
            f"frame-ancestors {ancestors}", "base-uri 'none'", "form-action 'none'"))
