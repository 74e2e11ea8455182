"""The sealer's own loop: once a second, beside everything else that the worker does."""

import asyncio

import structlog

from backend.audit.sealer import Sealer
from backend.context import Runtime

log = structlog.get_logger(__name__)

SEAL_SECONDS = 1.0
PAUSE_SECONDS_MAX = 10.0


async def seal(runtime: Runtime, stop: asyncio.Event) -> None:
    """Seal until `stop`, and once more at the end, so that a stack at rest has nothing unsealed."""
    sealer, pause, last = Sealer(runtime), SEAL_SECONDS, False
    while not last:
        last = stop.is_set()
        try:
            await sealer.seal()
            pause = SEAL_SECONDS
        except Exception as error:  # PostgreSQL away, the disk of the heads full: rows wait, nothing is lost
            pause = min(pause * 2, PAUSE_SECONDS_MAX)
            log.warning("audit_seal_failed", error=f"{type(error).__name__}: {error}", again_in_seconds=pause)
        if not last:
            try:
                await asyncio.wait_for(stop.wait(), pause)
            except TimeoutError:
                continue
