"""One call of a verb, for any door: done once under its idempotency key, and answered. Knows no HTTP and no noun.

A handler is `read(ctx, params, **path)`, `staged(ctx, params, **path)` for verbs that make their own commits around a
call to the outside, or `local(ctx, tx, params, **path)` for verbs that are one transaction, in which the idempotency
key is claimed and finished too. A local verb may have a `before(ctx, params, **path) -> path`: what must be fetched
from the outside first, for no network call happens inside a transaction.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from backend.context import Context
from backend.errors import OF_STATE, CardError, FarthingError
from backend.requests import answers, idempotency
from backend.requests.answers import Answer

Row = dict[str, Any]
Handler = Callable[..., Awaitable[Row]]
READ, STAGED, LOCAL = "read", "staged", "local"


class Held(Exception):
    """The idempotency key belongs to another request."""

    def __init__(self, record: Row) -> None:
        super().__init__("held")
        self.record = record


@dataclass(frozen=True, slots=True)
class Call:
    """How a verb is called. `creates`: the key names what it makes, which has an id of the merchant's choosing where
    it has `own_ids`. `secret`: its answer shows a secret and is kept sealed."""

    handler: Handler
    kind: str = READ
    before: Callable[..., Awaitable[Row]] | None = None
    creates: bool = False
    own_ids: bool = False
    secret: bool = False

    async def answer(self, ctx: Context, params: Row, path: Row) -> Answer:
        """Do it. Raises idempotency.Replay with the first answer when the very request ran before."""
        if self.kind == READ:
            return answers.of(await self.handler(ctx, params, **path))
        if self.kind == STAGED:
            return await self._staged(ctx, params, path)
        return await self._local(ctx, params, await self._fetched(ctx, params, path) if self.before else path)

    async def _staged(self, ctx: Context, params: Row, path: Row, *, again: bool = False) -> Answer:
        try:
            return answers.of(await self.handler(ctx, params, **path))
        except CardError:
            raise  # said by an acquirer or issuer: the key was claimed before
        except FarthingError as refusal:
            ours = await idempotency.answered(ctx)
            if ours or again or ctx.key is None or refusal.code not in OF_STATE:
                raise
            # Nobody has the key, but whoever had it may have let go since the object was read: read it again.
            return await self._staged(ctx, params, path, again=True)

    async def _fetched(self, ctx: Context, params: Row, path: Row) -> Row:
        """What another request holds the key for must neither be done again nor be done under that key."""
        assert self.before
        await idempotency.answered(ctx)
        try:
            return await self.before(ctx, params, **path)
        except FarthingError:
            await idempotency.answered(ctx)
            raise

    async def _local(self, ctx: Context, params: Row, path: Row) -> Answer:
        try:
            async with ctx.transaction() as tx:
                if ctx.key and (record := await idempotency.claim_in(ctx, tx)):
                    raise Held(record)
                result = await self.handler(ctx, tx, params, **path)
                answer = answers.of(result)
                if ctx.key:
                    await idempotency.finish_in(ctx, tx, answer, self._made(result), secret=self.secret)
                return answer
        except Held as held:
            await idempotency.held(ctx, held.record)
            raise

    def _made(self, result: Row) -> str | None:
        resource = result.get("id") if self.creates else None
        return f"{result['object']}/{resource}" if self.own_ids else resource  # a coupon and a product may share one
