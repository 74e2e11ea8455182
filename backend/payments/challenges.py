"""Before a payment's money message: its card's issuer is asked whether it wants its cardholder."""

from dataclasses import dataclass
from typing import Any

from backend import ids
from backend.authentications import three_d_secure
from backend.context import Context
from backend.payments.rows import Authentication
from backend.payments.steps import Step

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The issuer's first answer: a challenge to show, a refusal, or a proof to authorise with (None: go without)."""

    challenge: bool = False
    refused: bool = False
    proof: Row | None = None
    row: Authentication | None = None
    next_action: Row | None = None


async def start(ctx: Context, step: Step) -> Verdict:
    """Ask the issuer of a payment's card; raises ApiError when it cannot be asked."""
    row, method = step.payment, step.method
    assert method
    id = ids.new("tds", ctx.env)
    reference, answer = await three_d_secure.ask(ctx, method, id, row.amount, row.currency)
    status = answer["trans_status"]
    if status == "C":
        record = Authentication(
            env=ctx.env, id=id, payment_id=row.id, payment_method_id=method["id"], status="challenge",
            three_ds_server_trans_id=reference, acs_transaction_id=answer["acs_transaction_id"],
            acs_url=answer["acs_url"], ds_transaction_id=answer.get("ds_transaction_id"), amount=row.amount,
            currency=row.currency, trans_status="C", return_url=row.return_url,
            created_at=ctx.clock.now().isoformat())
        return Verdict(challenge=True, row=record, next_action=three_d_secure.next_action(
            ctx, id, row.return_url, redirect=bool(row.checkout_session_id)))
    if status in ("N", "R"):
        return Verdict(refused=True)
    return Verdict(proof=three_d_secure.proof(answer, "frictionless"))
