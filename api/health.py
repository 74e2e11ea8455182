"""/healthz (this process answers) and /readyz (so do the parts that it needs)."""

import asyncio
from collections.abc import Awaitable

from starlette.requests import Request
from starlette.responses import JSONResponse

from backend.context import Runtime


async def healthz(request: Request) -> JSONResponse:
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> JSONResponse:
    """200 when PostgreSQL and the vault answer; Redis only slows us down, so it is told but not required."""
    runtime: Runtime = request.app.state.runtime
    checks = {"postgresql": _good(runtime.db.ping()), "vault": _good(_vault(runtime)),
              "redis": _good(runtime.doorbell.ping())}
    results = dict(zip(checks, await asyncio.gather(*checks.values()), strict=True))
    ready = results["postgresql"] and results["vault"]
    return JSONResponse({"status": "ready" if ready else "not ready", "checks": results}, 200 if ready else 503)


async def _vault(runtime: Runtime) -> bool:
    await runtime.link.call("ping", 2)
    return True


async def _good(check: Awaitable[bool]) -> bool:
    try:
        async with asyncio.timeout(2.5):
            return await check
    except Exception:
        return False
