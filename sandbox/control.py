"""The control address of the sandbox: read and change the acquirers' latency and faults while they run."""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from sandbox.acquirer import Acquirer
from sandbox.bank import Bank
from sandbox.faults import ControlError, changed

BODY_MAX = 1_000_000


def answer(body: Any, status: int = 200) -> Response:
    """A JSON response that nobody stores."""
    return Response(orjson.dumps(body), status, {"cache-control": "no-store"}, "application/json")


async def show(request: Request) -> Response:
    """GET /control: the settings of every acquirer."""
    return answer({name: one.control.show() for name, one in request.app.state.acquirers.items()})


async def change(request: Request) -> Response:
    """POST /control: `{"alder": {...}}`, or one object of settings for all. All of it is applied, or nothing.

    The body must be declared as JSON: a web page cannot send that to another origin unasked.
    """
    if request.headers.get("content-type", "").split(";")[0].strip() != "application/json":
        return answer({"error": "Send the settings as application/json."}, 415)
    body = await request.body()
    if len(body) > BODY_MAX:
        return answer({"error": "The body is larger than 1 MB."}, 413)
    acquirers: dict[str, Acquirer | Bank] = request.app.state.acquirers
    try:
        wish = orjson.loads(body)
        named = isinstance(wish, dict) and bool(set(wish) & set(acquirers))
        wishes = wish if named else dict.fromkeys(acquirers, wish)
        if unknown := set(wishes) - set(acquirers):
            raise ControlError(f"No such acquirer: {', '.join(sorted(unknown))}.")
        new = {name: changed(acquirers[name].control, one) for name, one in wishes.items()}
    except (ControlError, orjson.JSONDecodeError) as error:
        text = str(error) if isinstance(error, ControlError) else "The body is not JSON."
        return answer({"error": text}, 400)
    for name, control in new.items():
        acquirers[name].adopt(control)
    return await show(request)


async def journal(request: Request) -> Response:
    """GET /journal: the current view of every acquirer, as `python -m sandbox journal --json` prints it."""
    return answer([row for one in request.app.state.acquirers.values() for row in one.books.view()])


async def healthz(request: Request) -> Response:
    """GET /healthz."""
    return answer({"status": "ok"})
