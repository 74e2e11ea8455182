"""/healthz (this process answers) and /readyz (so do the parts that it needs)."""

import asyncio
import shutil
from collections.abc import Awaitable

from starlette.requests import Request
from starlette.responses import JSONResponse

from backend import logs
from backend.context import Runtime

DISK_BYTES_MIN = 64 * 1024 * 1024
"""With less room on the data folder's disk no payment is begun: the next could fill it."""


async def healthz(request: Request) -> JSONResponse:
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> JSONResponse:
    """200 when PostgreSQL and the vault answer and the data folder's disk has room.

    Redis only slows us down, a log that cannot be written loses lines, and what a dead worker leaves is done when it is
    back: these are told but not required. `away` names the processes that their supervisor is bringing back.
    """
    runtime: Runtime = request.app.state.runtime
    checks = {"postgresql": _good(runtime.db.ping()), "vault": _good(_vault(runtime)),
              "redis": _good(runtime.doorbell.ping())}
    results = dict(zip(checks, await asyncio.gather(*checks.values()), strict=True))
    results |= {"disk": _room(runtime), "log": logs.written()}
    ready = results["postgresql"] and results["vault"] and results["disk"]
    return JSONResponse({"status": "ready" if ready else "not ready", "checks": results, "away": _away(runtime)},
                        200 if ready else 503)


def _room(runtime: Runtime) -> bool:
    try:
        return shutil.disk_usage(runtime.settings.data).free >= DISK_BYTES_MIN
    except OSError:
        return False


def _away(runtime: Runtime) -> list[str]:
    try:
        return (runtime.settings.data / "run" / "away").read_text().split()
    except OSError:  # without a supervisor of ours nobody notes it
        return []


async def _vault(runtime: Runtime) -> bool:
    await runtime.link.call("ping", 2)
    return True


async def _good(check: Awaitable[bool]) -> bool:
    try:
        async with asyncio.timeout(2.5):
            return await check
    except Exception:
        return False
