"""The reconciler's job: settle the attempts whose outcome is unknown by asking the acquirer (money rule 3)."""

from backend.context import Runtime
from backend.networks import routing
from backend.reconciliation import attempts, refunds

BATCH = 20
REST = "-"


def pools(runtime: Runtime) -> list[str]:
    """The ids under which `settle` is run side by side: a sick acquirer's enquiries hold up nobody else's."""
    return [*routing.everybody(runtime.settings), REST]


async def settle(runtime: Runtime, env: int, id: str = "") -> bool:
    """One batch of due attempts; True while there may be more. `id` names an acquirer, whose attempts alone are meant;
    `-` means those of acquirers that are configured no more, and the refunds that must be looked at again."""
    known = routing.everybody(runtime.settings) if id == REST else []
    only = id if id and id != REST else None
    settled = await attempts.settle_due(runtime, env, BATCH, only=only, but=known)
    looked_at = await refunds.settle_due(runtime, env, BATCH) if only is None else 0
    return max(settled, looked_at) >= BATCH
