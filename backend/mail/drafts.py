"""A mail before it is written: one element of the array that `pay.mails_write` takes."""

from typing import Any

import orjson

from backend import ids
from backend.context import Context
from backend.db import Connection
from backend.mail import rows, sql
from backend.mail.kinds import Kind

Row = dict[str, Any]


def leave(ctx: Context) -> bool:
    """Whether mails of this environment go anywhere: those about real money only through a mail server."""
    return bool(ctx.settings.smtp_host) or not ctx.livemode


def draft(ctx: Context, kind: Kind, object_id: str, address: str, reason: str) -> Row:
    """The element for `pay.mails_write`: pure, so the hot path may build it beforehand.

    Of one `reason` one mail goes to an address, however often it is drafted.
    """
    return {"id": ids.new("mail", ctx.env), "kind": kind.value, "object_id": object_id, "reason": reason,
            "address": address, "next_at": ctx.runtime.clock.now().isoformat(), "actor": ctx.actor,
            "request_id": ctx.request_id, "created_at": ctx.clock.now().isoformat()}


async def put(ctx: Context, tx: Connection, *mails: Row) -> None:
    """Write drafts in the caller's transaction."""
    for one in mails:
        rows.DRAFT.check(one)
    await tx.execute(sql.PUT, {"env": ctx.env, "mails": orjson.dumps(mails).decode()})
