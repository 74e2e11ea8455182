"""What became of a message: the acquirer is asked by our reference; its word is read as the answer that was lost."""

from typing import Any

from backend.context import Context
from backend.exchanges.rows import Attempt
from backend.networks.link import Broken, NotSent, Refused

Row = dict[str, Any]

DEADLINE_SECONDS = 8.0


async def ask(ctx: Context, attempt: Attempt) -> Row:
    """What the acquirer has under the attempt's key (`found`, see port.Status); `vault_away` when our own vault could
    not be reached, `no_answer` when asking failed."""
    try:
        return await ctx.runtime.link.call("inquire", DEADLINE_SECONDS, connector=attempt.connector,
                                           key=attempt.network_key, at=ctx.clock.now().isoformat())
    except (NotSent, Broken) as error:
        return {"found": "vault_away", "reason": str(error)}
    except Refused as error:
        return {"found": "no_answer", "reason": str(error)}


def answer(status: Row) -> Row | None:
    """The acquirer's word as the answer that the live path would have had; None while it is not clear."""
    found = status["found"]
    if found == "tombstone":
        return {"outcome": "not_received"}
    if found not in ("approved", "declined", "reversed", "returned"):
        return None
    if found in ("approved", "returned") and not status.get("acquirer_ref"):
        return None
    facts = {name: status.get(name) for name in ("acquirer_ref", "authorization_code", "response_code", "why")}
    return {"outcome": found, **facts}


def fits(attempt: Attempt, status: Row) -> bool:
    """Whether what the acquirer has under our reference is our message; a tombstone has no amount."""
    return status["found"] == "tombstone" or (
        (status.get("amount"), (status.get("currency") or "").lower()) == (attempt.amount, attempt.currency))


async def learn(ctx: Context, attempt: Attempt) -> Row | None:
    """The acquirer's word on an attempt, as the answer of the live path; None while it is not clear."""
    status = await ask(ctx, attempt)
    return answer(status) if fits(attempt, status) else None
