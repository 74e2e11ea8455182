"""The reconciler's job: settle the attempts whose outcome is unknown by asking the acquirer (money rule 3)."""

from backend.context import Runtime
from backend.reconciliation import attempts

BATCH = 20


async def settle(runtime: Runtime, env: int, id: str = "") -> bool:
    """One batch of due attempts; True while there may be more."""
    return await attempts.settle_due(runtime, env, BATCH) >= BATCH
