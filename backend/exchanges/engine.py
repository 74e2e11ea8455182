"""One message to the outside: begin (commit) -> send (no transaction) -> conclude (commit). Money rule 1.

The attempt is on disk as `sent` before the first byte leaves, so a crash at any line leaves something to ask about.
What a message is about, what it says and what its answer means is its subject's (subject.py); who asks when no answer
came is the reconciler, which concludes by the same function.
"""

from dataclasses import replace
from typing import Any

import structlog

from backend import crash
from backend.context import Context
from backend.errors import FarthingError, Locked
from backend.exchanges import attempts
from backend.exchanges.rows import Attempt
from backend.exchanges.subject import Changed, Effect, Repeated, Subject, Superseded
from backend.networks.link import Broken, NotSent, Refused
from backend.networks.port import Outcome
from backend.requests import answers, idempotency
from backend.rows import Doc

log = structlog.get_logger(__name__)

Row = dict[str, Any]

DECIDED_LATER_SECONDS = 2.0
"""How long after somebody took a message and has not decided we first ask what became of it."""
CANCEL_SECONDS = 8.0
"""How long we wait for the answer to a cancel."""
LOOKS = 20
"""How often a subject that keeps changing is read anew before an answer is given up to the reconciler."""
PERSON_SECONDS = 900.0
"""When the reconciler would ask again about a message whose way to a person is cut off."""

_WORDS = frozenset({*Outcome, "blocked"})
"""What the vault may say of a message; `blocked` is our own risk check, before anything was sent."""
_STUMBLED = frozenset({"vault_error", "parameter_missing"})
"""What the vault says when it broke, or missed a field: before it sent something or after, nobody knows."""


async def begin(ctx: Context, subject: Subject, attempt: Attempt, doc: Doc) -> None:
    """tx1: claim the request's key and record the attempt, with all that the subject writes beside it.

    Raises what `subject.write` raises; then nothing was written and nothing may be sent.
    """
    doc = {"attempts": [attempt], **doc}
    if ctx.key:
        doc["claims"] = [idempotency.claim(ctx)]
    await subject.write(ctx, doc)


async def send(ctx: Context, subject: Subject, attempt: Attempt, **more: Any) -> Row:
    """The call. No transaction and no pooled connection is held. Never raises: no answer is an answer (`unknown`).

    `more` are fields of this one sending.
    """
    answer = await _call(ctx, subject, attempt, more)
    if crash.armed:
        await crash.reached("call_answered")
    return answer


async def _call(ctx: Context, subject: Subject, attempt: Attempt, more: Row) -> Row:
    op, fields = subject.message(ctx, attempt)
    try:
        answer = await ctx.runtime.link.call(
            op, ctx.settings.acquirer_timeout_seconds, connector=attempt.connector, key=attempt.network_key,
            amount=attempt.amount, currency=attempt.currency, **fields, **more)
    except NotSent as error:
        return {"outcome": "not_sent", "reason": str(error)}
    except Broken as error:
        return {"outcome": "unknown", "reason": str(error)}
    except Refused as error:
        # The vault will not send it, so nothing left; unless it stumbled, and then only the acquirer knows.
        return {"outcome": "unknown" if error.code in _STUMBLED else "not_sent",
                "reason": f"{error.code}: {error.message}"}
    if answer.get("outcome") not in _WORDS:  # of a vault of a later release: what it means, only an enquiry tells us
        return {"outcome": "unknown", "reason": f"an answer that we do not know: {answer.get('outcome')}"}
    return answer


async def conclude(ctx: Context, subject: Subject, attempt: Attempt, answer: Row) -> bool:
    """Apply an answer, again on a fresh reading when the subject changed (metadata, say), giving way to whoever was
    faster; afterwards `subject` is current.

    An answer whose reference another message has is not believed: False, for a person must look. Raises what the answer
    means for the caller, Locked, and, when somebody else settled the attempt of a request with a key, Replay or
    Conflict.
    """
    repeated = False
    async with subject.turn(ctx):
        for _ in range(LOOKS):
            try:
                error = await finish(ctx, subject, attempt, answer)
            except Changed:
                if not await attempts.ours(ctx, attempt):
                    break
                await subject.renew(ctx)
                continue
            except Superseded:
                break
            except Repeated:
                repeated = True
                break
            if error:
                raise error
            return True
        else:
            raise Locked(subject.noun, sent=True)
    if repeated:
        await give_up(ctx, subject, attempt, f"the acquirer names it {answer.get('acquirer_ref')}, as it named another")
    else:
        await _superseded(ctx, subject, attempt, answer)
    return not repeated


async def give_up(ctx: Context, subject: Subject, attempt: Attempt, note: str) -> None:
    """A person must look, with evidence; until then it blocks every other authorisation and the money stays held.

    Raises what `conclude` raises when nobody was told yet that we are asking.
    """
    log.critical("attempt_needs_a_person", attempt=attempt.id, payment=attempt.payment_id, note=note)
    try:
        if attempt.status == "sent":
            asking = replace(attempt, next_check_at=attempts.later(ctx, PERSON_SECONDS))
            await conclude(ctx, subject, asking, {"outcome": "unknown", "reason": note})
    finally:
        await attempts.put_off(ctx, attempt, "manual", PERSON_SECONDS, note)


async def finish(ctx: Context, subject: Subject, attempt: Attempt, answer: Row) -> FarthingError | None:
    """tx2: the end of the attempt, if it is still ours, all that follows of it and the stored answer, in one commit.

    Returns the error that the caller is to be told, if any. Raises Superseded, Changed, Repeated.
    """
    effect = subject.effect(ctx, attempt, answer)
    assert effect.attempt
    ending = replace(effect.attempt, **attempts.touched(ctx))
    if ending.status == "unknown":
        known = answer["outcome"] == "pending"
        ending.next_check_at = attempts.later(ctx, DECIDED_LATER_SECONDS) if known else attempt.next_check_at
    settled = {"id": attempt.id, "check_no": attempt.check_no, "change": ending}
    await subject.write(ctx, {**effect.parts, "settles": [settled], **_answered(ctx, attempt, effect)})
    if effect.then:
        effect.then()
    return effect.error


def _answered(ctx: Context, attempt: Attempt, effect: Effect) -> Doc:
    """Store the answer on the key, or release the key when nothing left and the same request may be sent again."""
    key, error = attempt.idempotency_key, effect.error
    if key is None or (error is None and effect.shown is None):
        return {}
    if is_retry(error):
        return {"releases": [key]}
    answer = answers.of_error(error, ctx.settings.api_base) if error else answers.of(effect.shown or {})
    return {"answers": [idempotency.finish(key, answer, effect.resource)]}


def is_retry(error: FarthingError | None) -> bool:
    """True when nothing happened and the same request with the same key should run afresh."""
    return error is not None and error.type == "api_error"


async def _superseded(ctx: Context, subject: Subject, attempt: Attempt, answer: Row) -> None:
    """Another has the attempt in hand, or settled it: our answer is dropped and theirs stands, on the key as well.

    Raises Replay or Conflict when the request carries a key.
    """
    now = (await attempts.now(ctx, attempt)).status
    if answer["outcome"] == "approved" and now in ("failed", "declined", "reversed"):
        # It was settled as not done, and yet here is an approval: people must know, and the money must go back.
        facts = {"kind": attempt.kind, "payment": attempt.payment_id, "refund": attempt.refund_id,
                 "attempt": attempt.id}
        log.critical("approval_after_tombstone", **facts, status=now)
        await attempts.undo(ctx, attempt, answer.get("acquirer_ref"))
    await idempotency.superseded(ctx)
    await subject.renew(ctx)


async def cancel(ctx: Context, attempt: Attempt, turn: int = 0) -> bool:
    """Cancel by our reference at the acquirer, which leaves a tombstone. True only when it said that this is done:
    silence of the acquirer, as of the vault, says nothing, and a refusal leaves the message as it was.

    `turn` tells cancels apart that one holder of the attempt sends. Writes nothing. Only for an attempt that is, or by
    this becomes, surely not done.
    """
    try:
        answer = await ctx.runtime.link.call("cancel", CANCEL_SECONDS, connector=attempt.connector,
                                    key=f"{attempt.network_key[:50]}-cancel-{attempt.check_no + turn}",
                                    original_key=attempt.network_key)
    except (NotSent, Broken, Refused):
        return False
    return bool(answer["outcome"] == Outcome.APPROVED)
