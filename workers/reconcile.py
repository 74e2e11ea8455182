"""The reconciler's job: settle the attempts whose outcome is unknown by asking the acquirer (money rule 3)."""

from backend.context import Runtime
from backend.reconciliation import attempts, refunds

BATCH = 20


async def settle(runtime: Runtime, env: int, id: str = "") -> bool:
    """One batch of due attempts and of refunds to look at again; True while there may be more."""
    settled = await attempts.settle_due(runtime, env, BATCH)
    looked_at = await refunds.settle_due(runtime, env, BATCH)
    return max(settled, looked_at) >= BATCH
