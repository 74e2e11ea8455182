"""Every address of the shop on one screen."""

from pathlib import Path
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from sandbox.shop import pages
from sandbox.shop.farthing import Farthing
from sandbox.shop.opening import Shop
from sandbox.shop.pages import page
from sandbox.shop.store import Store


async def _healthz(request: Request) -> Response:
    return Response("ok", 200)


def create(data: Path, port: int, base: str) -> Starlette:
    """The ASGI application; nothing is asked and nothing written before somebody visits it."""
    names = ["shop.localhost", "localhost", "127.0.0.1", urlsplit(base).hostname or "localhost"]
    site = Starlette(middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=names, www_redirect=False)], routes=[
        Route("/", page(pages.shelves)),
        Route("/goods/{sku}", page(pages.good)),
        Route("/goods/{sku}/buy", page(pages.buy), methods=["POST"]),
        Route("/orders", page(pages.orders)),
        Route("/orders/{id}", page(pages.order)),
        Route("/orders/{id}/pay", page(pages.pay)),
        Route("/thanks", page(pages.thanks)),
        Route("/behind", page(pages.counter)),
        Route("/behind/{id}", page(pages.behind)),
        Route("/webhooks", pages.hear, methods=["POST"]),
        Mount("/static", StaticFiles(directory=Path(__file__).parent / "static")),
        Route("/healthz", _healthz),
        Route("/{rest:path}", page(pages.lost)),
    ])
    store = Store(data)
    site.state.shop = Shop(base, f"http://127.0.0.1:{port}/webhooks", Farthing(data, store), store)
    return site
