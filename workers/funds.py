"""The funds schedule, as a job: captured money becomes available after its days."""

from backend.context import Runtime
from backend.ledger import balance_transactions

BATCH = 50
"""A batch holds the locks of the merchant's accounts, which every payment of theirs wants, for some milliseconds."""


async def release(runtime: Runtime, env: int, id: str = "") -> bool:
    """One batch; True while there may be more."""
    return await balance_transactions.release(runtime, env, BATCH) >= BATCH
