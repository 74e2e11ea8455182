"""One commit of a subject: its document is looked at, written, and what the database refuses is told in our words."""

from backend import crash
from backend.context import Context
from backend.db import constraint, sqlstate
from backend.exchanges import rows, sql
from backend.exchanges.subject import Changed, Repeated, Superseded
from backend.requests import idempotency
from backend.rows import Doc, Lists


async def write(ctx: Context, statement: str, lists: Lists, doc: Doc) -> None:
    """Write `doc` by `statement`, which takes `lists`. Raises Changed, Superseded, Repeated, and what a key says:
    Replay, Conflict, IdempotencyMismatch. Whatever else the database refuses comes as it is."""
    lists.check(doc)
    stage = crash.stage(doc) if crash.armed else ""
    if stage:
        await crash.beginning(stage)
    try:
        result = await ctx.db.write(ctx.env, statement, doc)
    except Exception as error:
        state, refused_by = sqlstate(error), constraint(error)
        if state == sql.CHANGED or refused_by in sql.WALLS:
            raise Changed from error  # a wall held: another attempt of this subject is live
        if refused_by == sql.REFERENCE:
            raise Repeated from error
        if state == sql.NOT_OURS:
            raise Superseded from error
        if state == sql.HELD:  # of a release, which writes its payment and its refund
            await idempotency.answered(ctx)
            raise Changed from error  # its holder has just let it go
        raise
    if "held" in result:
        await idempotency.held(ctx, result["held"])
    if stage:
        await crash.reached(f"after_{stage}")


async def write_alone(ctx: Context, doc: Doc) -> None:
    """The same for a subject that has no document of its own: it begins and ends messages, and nothing else."""
    await write(ctx, sql.WRITE, rows.WRITE, doc)
