"""Where a request came from."""

from typing import Any

from starlette.requests import Request


def of(request: Request) -> str:
    """The client's address; behind a proxy what the proxy says, see FORWARDED_ALLOW_IPS."""
    client: Any = request.scope.get("client")
    return str(client[0]) if client else ""
