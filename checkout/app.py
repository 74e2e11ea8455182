"""Every address of the pay origin on one screen."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from backend.context import Runtime
from backend.web import static
from checkout import brand, challenge, form, link, order, page, qr, receipt, session


async def home(request: Request) -> Response:
    """GET /: nothing to see without a link."""
    return page.told(request, "home", mood="off", title="Farthing")


async def missing(request: Request, _: Exception) -> Response:
    return page.told(request, "missing", mood="off", status=404)


async def robots(_: Request) -> Response:
    return PlainTextResponse("User-agent: *\nDisallow: /\n")


def create(runtime: Runtime) -> ASGIApp:
    """The shopper's pages as an ASGI app, to be mounted by host name."""
    app = Starlette(routes=[
        Route("/", page.page(home)),
        Route("/robots.txt", robots),
        Mount("/static", static.serve),
        Route("/l/{token}", page.page(link.visit)),
        Route("/l/{token}/qr.{kind}", page.page(qr.show)),
        Route("/c/{id}", page.page(session.show)),
        Route("/c/{id}/pay", page.page(session.confirm_page)),
        Route("/c/{id}/pay", page.answer(session.pay), methods=["POST"]),
        Route("/addresses/{country}", page.page(form.rules)),
        Route("/c/{id}/brand.css", page.page(brand.stylesheet)),
        Route("/c/{id}/brand/{which}", page.page(brand.picture)),
        Route("/c/{id}/order", page.page(order.show)),
        Route("/c/{id}/order", page.page(order.change), methods=["POST"]),
        Route("/c/{id}/confirm", page.page(session.confirm), methods=["POST"]),
        Route("/c/{id}/status", page.answer(session.status)),
        Route("/receipts/{token}", page.page(receipt.show)),
        Route("/receipts/{token}/pdf", page.page(receipt.download)),
        Route("/receipts/{token}/brand.css", page.page(receipt.stylesheet)),
        Route("/receipts/{token}/brand/{which}", page.page(receipt.picture)),
        Route("/3ds/{id}", page.page(challenge.show)),
        Route("/3ds/{id}/framed", page.page(challenge.framed)),
        Route("/3ds/{id}/complete", page.page(challenge.complete), methods=["GET", "POST"]),
        Route("/3ds/{id}/abandon", page.answer(challenge.abandon), methods=["POST"]),
        Route("/3ds/{id}/return", page.page(challenge.back)),
    ], exception_handlers={404: missing})
    app.state.runtime = runtime
    return app
