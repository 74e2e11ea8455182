"""Refunds: create, read, change, cancel, and send those that waited for balance. Source: reference contract 9."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from backend import chargeable, ids, money, pages
from backend.context import Context
from backend.errors import FarthingError, InvalidRequest, Locked, NotFound
from backend.events import drafts
from backend.exchanges import attempts, engine
from backend.exchanges.rows import Attempt
from backend.exchanges.subject import Changed, Superseded
from backend.metadata import merged
from backend.payments import charges, commits, shapes
from backend.payments import steps as payment_steps
from backend.payments.commits import Insufficient, Over
from backend.payments.effects import Effect
from backend.payments.holds import operations, releases
from backend.payments.rows import Refund
from backend.payments.states import Happening, Intent, after, require
from backend.refunds import outcomes, sql, steps
from backend.refunds.steps import Step
from backend.requests import answers, idempotency
from backend.rows import Doc

Row = dict[str, Any]

_TRIES = 5
WAIT_SECONDS = 15.0
"""How soon we look whether the balance covers a refund that waits for it; the pause grows with its age."""


async def create(ctx: Context, params: Row) -> dict[str, Any]:
    """Give back all that is left of a payment, or `amount` of it.

    The answer's status is succeeded, pending (no answer yet, decided later, or the balance is too low) or failed.
    Raises NotFound, InvalidRequest (nothing to refund, or less than that left), ApiError (nothing left the house).
    """
    payment_id = await _payment_of(ctx, params)
    for _ in range(_TRIES):
        found = await steps.read(ctx, payment_id)
        if found is None:
            raise NotFound("payment_intent", payment_id, "payment_intent")
        if await _held(ctx, found):
            return await _release(ctx, found, params)
        refund = _new_row(ctx, found, params)
        try:
            return shapes.refund(await _begin(ctx, found, refund))
        except (Over, Changed):
            continue  # another refund was faster, or a dispute: read again what may be given back
    raise Locked("Charge")


async def get(ctx: Context, id: str) -> dict[str, Any]:
    """The Refund object; raises NotFound."""
    return shapes.refund(await _row(ctx, id))


async def many(ctx: Context, wanted: Iterable[str]) -> dict[str, Row]:
    """Refunds by id, in one query."""
    rows = await ctx.db.rows(ctx.env, sql.MANY, (ctx.env, list(wanted)))
    return {row["row"]["id"]: shapes.refund(Refund.read(row["row"])) for row in rows}


async def of_charges(ctx: Context, charges: Iterable[str]) -> dict[str, Row]:
    """The first refunds of each charge as a list, in one query: what `expand[]=refunds` shows."""
    wanted = list(charges)
    rows = await ctx.db.rows(ctx.env, sql.OF_CHARGES, (ctx.env, wanted))
    found: dict[str, list[Refund]] = {charge: [] for charge in wanted}
    for row in rows:
        refund = Refund.read(row["row"])
        found[refund.charge_id].append(refund)
    return {charge: pages.page(f"/v1/charges/{charge}/refunds", {}, some, shapes.refund)
            for charge, some in found.items()}


async def get_of(ctx: Context, charge: str, id: str) -> dict[str, Any]:
    """A refund of this charge; raises NotFound for another charge's as for one that does not exist."""
    row = await _row(ctx, id)
    if row.charge_id != charge:
        raise NotFound("refund", id)
    return shapes.refund(row)


async def find(ctx: Context, params: Row, *, url: str = "/v1/refunds") -> dict[str, Any]:
    """A page of refunds, newest first; filters `charge`, `payment_intent`, `created` {gte, lt}."""
    args = {"env": ctx.env, "charge": params.get("charge"), "payment": params.get("payment_intent"),
            **pages.cursor(params)}
    rows = await pages.rows(ctx, sql.FIND, args)
    return pages.page(url, params, [Refund.read(row["row"]) for row in rows], shapes.refund)


async def update(ctx: Context, id: str, params: Row) -> dict[str, Any]:
    """Change the metadata, at any time."""
    found = await _found(ctx, id)
    assert found.refund
    change = {"metadata": merged(found.refund.metadata, params.get("metadata"))}
    return await _local(ctx, found, change, ["refund.updated", "charge.refund.updated"])


async def cancel(ctx: Context, id: str) -> dict[str, Any]:
    """Give up a refund that has not been sent, because it waits for balance; any other is refused."""
    found = await _found(ctx, id)
    assert found.refund
    if found.refund.pending_reason != "insufficient_funds":
        raise InvalidRequest(
            f"You cannot cancel this Refund because it has a status of {found.refund.status}. Only a Refund that "
            "requires action, or that waits for your balance, can be canceled.", code="status_transition_invalid")
    change = {"status": "canceled", "pending_reason": None, "next_check_at": None}
    return await _local(ctx, found, change, ["refund.updated", "charge.refund.updated"],
                        gives_back=found.refund.amount)


async def lease(ctx: Context, limit: int) -> list[Refund]:
    """Take the refunds that are due to be looked at again: waiting for balance, or succeeded and watched."""
    args = {"env": ctx.env, "limit": limit, "lease": attempts.LEASE_SECONDS}
    return [Refund.read(row["row"]) for row in await ctx.db.rows(ctx.env, sql.LEASE, args)]


async def put_off(ctx: Context, refund: Refund, pause_seconds: float | None) -> None:
    """Look again after the pause, or never again (None), unless the refund has moved on."""
    await ctx.db.execute(ctx.env, sql.LATER, (pause_seconds, ctx.env, refund.id, refund.status))


async def sent_as(ctx: Context, refund: Refund) -> Attempt | None:
    """The message that a refund was approved under."""
    return next((one for one in await attempts.of_refund(ctx, refund.id) if one.status == "approved"), None)


async def fail(ctx: Context, refund: Refund, answer: Row) -> None:
    """A refund that had succeeded came back; raises Locked when its payment keeps changing."""
    for _ in range(_TRIES):
        found = await _found(ctx, refund.id)
        assert found.refund
        assert found.charge
        if found.refund.status != "succeeded":
            return None
        effect = outcomes.came_back(ctx, found.charge, found.refund, answer, found.released)
        with suppress(Changed, Superseded):
            return await steps.write(ctx, _document(ctx, found, effect))
    raise Locked("Refund")


async def send_waiting(ctx: Context, refund: Refund) -> bool:
    """Send a refund that waits for balance if it suffices by now; False while it does not."""
    found = await _found(ctx, refund.id)
    row = found.refund
    assert row
    assert found.original
    if row.pending_reason != "insufficient_funds":
        return True  # sent or canceled meanwhile
    earlier = await attempts.of_refund(ctx, row.id)
    attempt = steps.new_attempt(ctx, row, found.original, len(earlier) + 1)
    change: Row = {"pending_reason": "processing", "next_check_at": None}
    effect = outcomes.moved(
        row, change, entries=steps.held(row),
        events=outcomes.events(ctx, ["refund.updated", "charge.refund.updated"], row, replace(row, **change)))
    try:
        await engine.begin(ctx, found, attempt, _document(ctx, found, effect))
    except (Insufficient, Changed, Superseded):
        return False
    with suppress(FarthingError):  # it stands on the refund
        await engine.conclude(ctx, found, attempt, await engine.send(ctx, found, attempt))
    return True


async def _payment_of(ctx: Context, params: Row) -> str:
    """The payment that is meant, by `payment_intent` or `charge`."""
    if params.get("charge"):
        charge = await charges.get(ctx, params["charge"])
        if params.get("payment_intent") not in (None, charge["payment_intent"]):
            raise InvalidRequest("The charge does not belong to this PaymentIntent.", param="payment_intent",
                                 code="parameter_invalid_combination")
        if charge["status"] != "succeeded":
            raise _not_refundable(f"Charge {charge['id']} has not succeeded, so there is nothing to refund.", "charge")
        return str(charge["payment_intent"])
    if not params.get("payment_intent"):
        raise InvalidRequest("One of the following params should be provided for this request: payment_intent or "
                             "charge.", code="parameter_missing", param="payment_intent")
    return str(params["payment_intent"])


def _new_row(ctx: Context, found: Step, params: Row) -> Refund:
    """The row of a refund that may be made as far as is known now; raises InvalidRequest."""
    payment, charge = found.payment, found.charge
    left = payment.captured - payment.refund_reserved
    named = "charge" if params.get("charge") else "payment_intent"
    if charge is None or charge.status != "succeeded":
        raise _not_refundable(f"This PaymentIntent ({payment.id}) does not have a successful charge to refund.",
                              named)
    if charge.disputed and charge.scenario != "inquiry":
        raise InvalidRequest(f"Charge {charge.id} has been disputed, so the customer's bank decides about its "
                             "money: answer the dispute instead of refunding it.", code="charge_disputed", param=named)
    if not payment.captured or found.original is None:
        raise _not_refundable(f"Charge {charge.id} has not been captured. Cancel the PaymentIntent "
                              f"{payment.id} instead of refunding it.", named)
    if left <= 0:
        raise InvalidRequest(f"Charge {charge.id} has already been refunded.", code="charge_already_refunded",
                             param=named)
    amount, currency = params.get("amount") or left, payment.currency
    chargeable.check_step(amount, currency)
    if amount > left:
        raise InvalidRequest(
            f"Refund amount ({_said(amount, currency)}) is greater than the unrefunded amount on the charge "
            f"({_said(left, currency)}): {left} in its minor unit.", code="amount_too_large", param="amount")
    return Refund(
        env=ctx.env, id=ids.new("re", ctx.env), payment_id=payment.id, charge_id=charge.id, amount=amount,
        currency=currency, status="pending", step=1, reason=params.get("reason"), pending_reason="processing",
        failure_reason=None, acquirer_ref=None, metadata=merged({}, params.get("metadata")),
        customer_id=charge.customer_id, payment_method_id=charge.payment_method_id,
        method_type=(charge.payment_method_details or {}).get("type"), released=False,
        actor=ctx.actor, request_id=ctx.request_id, created_at=ctx.clock.now().isoformat())


async def _held(ctx: Context, found: Step) -> bool:
    """Whether it is a charge, made as one, that was only authorised: such a one is released by its refund. (An intent
    is canceled.)"""
    if found.payment.status != Intent.REQUIRES_CAPTURE or found.payment.captured:
        return False
    won = await attempts.won(ctx, found.payment.id)
    return won is not None and won.answers == "charge"


async def _release(ctx: Context, found: Step, params: Row) -> dict[str, Any]:
    """Give free what the charge holds: the refund waits until the acquirer has said so."""
    step = await payment_steps.read(ctx, found.payment.id)
    assert step
    assert step.charge
    row = step.payment
    require("refund", row, (Intent.REQUIRES_CAPTURE,))
    refund = step.refund = releases.requested(ctx, row, step.charge, params)
    step.answers = "refund"
    parts: dict[str, list[Any]] = {
        "refunds": [refund], "events": [drafts.draft(ctx, "refund.created", shapes.refund(refund))]}
    change = {"status": after(row.status, Happening.SEND)}
    await operations.run(ctx, step, "void", row.amount_capturable, change, {"refund": vars(refund)}, parts)
    return shapes.refund(step.refund or refund)


async def _begin(ctx: Context, found: Step, refund: Refund) -> Refund:
    """tx1: claim the key, reserve, hold the money, record refund and attempt; then the call, then tx2."""
    assert found.original
    attempt = steps.new_attempt(ctx, refund, found.original, 1)
    step = replace(found, refund=refund)
    try:
        await engine.begin(ctx, step, attempt, _born(ctx, refund) | {"entries": steps.held(refund)})
    except Insufficient:
        return await _wait(ctx, refund)
    await engine.conclude(ctx, step, attempt, await engine.send(ctx, step, attempt))
    return step.row


async def _wait(ctx: Context, refund: Refund) -> Refund:
    """The balance is too low: the refund is reserved and waits, and nothing is sent."""
    row = replace(refund, pending_reason="insufficient_funds", next_check_at=attempts.later(ctx, WAIT_SECONDS))
    doc = _born(ctx, row)
    if ctx.key:
        doc |= {"claims": [idempotency.claim(ctx)],
                "answers": [idempotency.finish(ctx.key.key, answers.of(shapes.refund(row)), row.id)]}
    await steps.write(ctx, doc)
    return row


def _born(ctx: Context, refund: Refund) -> Doc:
    return {"reserves": [{"id": refund.payment_id, "amount": refund.amount}],
            "refunds": [refund], "events": [drafts.draft(ctx, "refund.created", shapes.refund(refund))]}


def _document(ctx: Context, found: Step, effect: Effect) -> Doc:
    """What moves a refund; it holds only while the payment is as it was read."""
    return commits.document(ctx, found.payment, found.charge, effect)


async def _local(ctx: Context, found: Step, change: Row, types: list[str], *, gives_back: int = 0) -> dict[str, Any]:
    """A change that needs no acquirer: one commit with its events and the stored answer."""
    before = found.refund
    assert before
    row = replace(before, **change)
    doc = _document(ctx, found, outcomes.moved(
        before, change, gives_back=gives_back, events=outcomes.events(ctx, types, before, row)))
    if ctx.key:
        doc |= {"claims": [idempotency.claim(ctx)],
                "answers": [idempotency.finish(ctx.key.key, answers.of(shapes.refund(row)), None)]}
    try:
        await steps.write(ctx, doc)
    except (Changed, Superseded) as raced:
        raise Locked("Refund") from raced
    return shapes.refund(row)


async def _row(ctx: Context, id: str) -> Refund:
    rows = await ctx.db.rows(ctx.env, sql.GET, (ctx.env, id))
    if not rows:
        raise NotFound("refund", id)
    return Refund.read(rows[0]["row"])


async def _found(ctx: Context, id: str) -> Step:
    found = await steps.read(ctx, (await _row(ctx, id)).payment_id, id)
    assert found
    assert found.refund
    return found


def _said(amount: int, currency: str) -> str:
    return f"{money.decimal_text(amount, currency)} {currency.upper()}"


def _not_refundable(message: str, param: str) -> InvalidRequest:
    return InvalidRequest(message, code="charge_not_refundable", param=param)
