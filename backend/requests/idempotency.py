"""Idempotency keys: claimed and finished in PostgreSQL, in the transaction of the change (money rule 4)."""

import asyncio
from typing import Any

import orjson

from backend import crypto
from backend.context import Context, Runtime
from backend.db import Connection
from backend.errors import Conflict, IdempotencyMismatch
from backend.requests import rows, sql
from backend.requests.answers import LIFE_HOURS, Answer

_SEALED = "sealed:"


class Replay(Exception):
    """The request ran before; `answer` is what it was told then, `request_id` names that first request."""

    def __init__(self, answer: Answer, request_id: str | None) -> None:
        super().__init__("replayed")
        self.answer, self.request_id = answer, request_id


def claim(ctx: Context) -> dict[str, Any]:
    """The `claim` part of a write; the lease outlives the acquirer's timeout, then the reconciler takes over."""
    assert ctx.key
    return {"key": ctx.key.key, "hash": ctx.key.request_hash.hex(), "request_id": ctx.request_id,
            "lease": ctx.settings.acquirer_timeout_seconds + 10}


def finish(key: str, answer: Answer, resource: str | None) -> dict[str, Any]:
    """The `answer` part of a write."""
    return {"key": key, "code": answer.status, "body": answer.body.decode(), "resource": resource}


async def held(ctx: Context, record: dict[str, Any]) -> None:
    """Deal with a key that is taken: replay, refuse other parameters, or wait for the twin. Always raises."""
    assert ctx.key
    if not record["same"] and not await _was_the_same(ctx):
        raise IdempotencyMismatch(
            "Keys for idempotent requests can only be used with the same parameters they were first used with. "
            f"Try using a key other than '{ctx.key.given}' if you meant to execute a different request.")
    if record["code"] is not None:
        raise Replay(_answer(ctx, record["code"], record["body"]), record["request_id"])
    await _wait(ctx)


async def _was_the_same(ctx: Context) -> bool:
    """Whether a process of an earlier release, which compared bytes, claimed the key for this very request."""
    assert ctx.key
    rows = await ctx.db.rows(ctx.env, sql.FIND, (ctx.env, ctx.key.key))
    return bool(rows) and ctx.key.same(rows[0]["request_hash"])


async def answered(ctx: Context) -> bool:
    """Leave the word to another request that holds the key of this one: replay its answer, or wait for it.

    Returns when nobody else does: True when this very request holds the key. For a verb that was refused before it came
    to claim its key: the very request may have run before, and then its answer stands, whatever the object's state has
    become since.
    """
    if ctx.key is None:
        return False
    rows = await ctx.db.rows(ctx.env, sql.FIND, (ctx.env, ctx.key.key))
    if rows and rows[0]["request_id"] != ctx.request_id:
        await held(ctx, {"same": ctx.key.same(rows[0]["request_hash"]), "code": rows[0]["response_code"],
                         "body": rows[0]["body"], "request_id": rows[0]["request_id"]})
    return bool(rows)


async def grown(ctx: Context, answer: Answer, full: Answer) -> Answer:
    """Keep the expanded form of an answer on its key and return it; if somebody was faster, what they kept.

    A crash between the answer and this leaves the plain form, which the next replay expands and keeps.
    """
    assert ctx.key
    rows = await ctx.db.rows(ctx.env, sql.GROW, (full.body.decode(), ctx.env, ctx.key.key, answer.body.decode()))
    if rows:
        return full
    kept = await ctx.db.rows(ctx.env, sql.FIND, (ctx.env, ctx.key.key))
    return _answer(ctx, kept[0]["response_code"], kept[0]["body"]) if kept and kept[0]["body"] else full


async def superseded(ctx: Context) -> None:
    """The reconciler took over what this request began: its answer is the answer. Raises Replay, or Conflict while
    there is none yet; returns when the request has no key."""
    if ctx.key is not None:
        await _wait(ctx)


async def replay(ctx: Context) -> bool:
    """Raise Replay when the context's key has its answer by now; else True while its request still runs."""
    rows = await ctx.db.rows(ctx.env, sql.FIND, (ctx.env, ctx.key.key)) if ctx.key else []
    if rows and rows[0]["recovery_point"] == "finished":
        raise Replay(_answer(ctx, rows[0]["response_code"], rows[0]["body"]), rows[0]["request_id"])
    return bool(rows)


async def _wait(ctx: Context) -> None:
    assert ctx.key
    pause, waited = 0.02, 0.0
    while waited < max(ctx.settings.idempotency_wait_seconds, 0.02):
        await asyncio.sleep(pause)
        waited, pause = waited + pause, min(pause * 1.5, 0.25)
        if not await replay(ctx):
            break  # released: nothing had left, so the caller may simply try again
    raise Conflict(
        "There is currently another in-progress request using this Idempotent Key (that probably means you submitted "
        f"twice, and the other request is still going through): {ctx.key.given}. Please try again later.",
        code="idempotency_key_in_use")


async def reap(runtime: Runtime) -> None:
    """Forget finished keys 72 hours of the database's time after they were claimed, in every environment; an unfinished
    one stays until the reconciler has dealt with it."""
    await runtime.db.call(0, sql.REAP, (LIFE_HOURS,))


async def claim_in(ctx: Context, tx: Connection) -> dict[str, Any] | None:
    """Claim the key inside a caller's transaction; returns the record of whoever holds it already."""
    claimed = claim(ctx)
    rows.CLAIM.check(claimed)
    row = await tx.execute(sql.CLAIM_IN, {"env": ctx.env, "claim": orjson.dumps(claimed).decode()})
    record: dict[str, Any] | None = row.scalar_one()
    return record


def _answer(ctx: Context, code: int, body: str) -> Answer:
    """A stored answer, opened where it was sealed."""
    assert ctx.key
    if body.startswith(_SEALED):
        body = crypto.unseal(ctx.settings.secret("webhook"), body.removeprefix(_SEALED), f"{ctx.env}|{ctx.key.key}")
    return Answer(code, body.encode())


async def finish_in(ctx: Context, tx: Connection, answer: Answer, resource: str | None, *,
                    secret: bool = False) -> None:
    """Store the answer on the key inside a caller's transaction; sealed when it shows a secret."""
    assert ctx.key
    if secret:
        sealed = crypto.seal(ctx.settings.secret("webhook"), answer.body.decode(), f"{ctx.env}|{ctx.key.key}")
        answer = Answer(answer.status, (_SEALED + sealed).encode())
    finished = finish(ctx.key.key, answer, resource)
    rows.FINISH.check(finished)
    await tx.execute(sql.FINISH, {"env": ctx.env, "answers": orjson.dumps([finished]).decode()})
