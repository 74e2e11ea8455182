"""The sweep of the capture window, as a job: voids what nobody captured in time."""

from backend.context import Runtime
from backend.payments import capture_window

BATCH = 20


async def sweep(runtime: Runtime, env: int, id: str = "") -> bool:
    """One batch; True while there may be more."""
    return await capture_window.void_due(runtime, env, BATCH) >= BATCH
