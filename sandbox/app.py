"""Every HTTP route of the sandbox on one screen."""

from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from sandbox import acs, bank, control, directory, mailbox
from sandbox.acquirer import Acquirer
from sandbox.bank import Bank
from sandbox.mailbox import Mailbox
from sandbox.settings import Settings
from sandbox.transactions import Transactions


def create(settings: Settings, acquirers: dict[str, Acquirer], clearing: Bank, transactions: Transactions,
           mails: Mailbox, secret: bytes) -> Starlette:
    """The ASGI application."""
    site = Starlette(routes=[
        Route("/", acs.index),
        Route("/3ds/ranges", directory.ranges),
        Route("/3ds/areq", directory.authenticate, methods=["POST"]),
        Route("/3ds/results/{server_id}", directory.result),
        Route("/acs/challenge", acs.challenge, methods=["POST"]),
        Route("/acs/{acs_id}", acs.show, methods=["GET"]),
        Route("/acs/{acs_id}", acs.act, methods=["POST"]),
        Mount("/static", StaticFiles(directory=Path(__file__).parent / "static")),
        Route("/bank/messages", bank.receive, methods=["POST"]),
        Route("/bank/messages/{key}", bank.tell),
        Route("/mail", mailbox.index, methods=["GET"]),
        Route("/mail", mailbox.receive, methods=["POST"]),
        Route("/mail/{number:int}", mailbox.show),
        Route("/mail/{number:int}/html", mailbox.html),
        Route("/healthz", control.healthz),
        Route("/control", control.show, methods=["GET"]),
        Route("/control", control.change, methods=["POST"]),
        Route("/journal", control.journal),
    ])
    site.state.settings = settings
    site.state.acquirers, site.state.bank = {**acquirers, clearing.name: clearing}, clearing
    site.state.transactions, site.state.mailbox = transactions, mails
    site.state.secret = secret
    return site
