"""The outbox of mails: claim a lease (commit), write and send (no transaction), record (commit).

A mail is sent at least once: whoever dies between the server's 250 and the record leaves it to the next, who sends it
again under the same Message-ID. The number of the lease fences off whoever lost it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import structlog

from backend.context import Context, Runtime
from backend.logs import redact
from backend.mail import rows, schedule, sql
from backend.mail.kinds import Kind
from backend.mail.post import Answer

log = structlog.get_logger(__name__)
Row = dict[str, Any]

LEASE_SECONDS = 120.0
"""Longer than writing a mail and the whole talk with a server."""
_ANSWER_MAX = 300


@dataclass(frozen=True, slots=True)
class Claimed:
    """A mail that is ours until the lease runs out."""

    env: int
    id: str
    kind: Kind
    object_id: str
    reason: str
    address: str
    lease: int
    attempts: int
    created_at: datetime


async def claim(runtime: Runtime, env: int, limit: int) -> list[Claimed]:
    """Lease up to `limit` mails that are due, within what may leave this environment and go to one address."""
    settings = runtime.settings
    found = await runtime.db.rows(env, sql.CLAIM, (env, runtime.clock.now(), limit, settings.mail_per_hour,
                                                   settings.mail_per_address, LEASE_SECONDS))
    return [Claimed(env=env, **{**row, "kind": Kind(row["kind"])}) for row in found]


async def record(runtime: Runtime, mail: Claimed, answer: Answer) -> str:
    """Write what became of a try; returns the mail's status. One commit; nothing when the lease was lost."""
    now = runtime.clock.now()
    again = None if answer.taken or answer.final else schedule.next_at(now, mail.attempts + 1, runtime.random)
    status = "sent" if answer.taken else "waiting" if again else "failed"
    sending = {"mail": mail.id, "lease": mail.lease, "status": status, "next_at": again and again.isoformat(),
               "answer": redact(f"{answer.code or ''} {answer.text}".strip())[:_ANSWER_MAX],
               "sent_at": now.isoformat() if answer.taken else None}
    rows.SENDING.check(sending)
    kept = await runtime.db.call(mail.env, sql.RECORD, (mail.env, orjson.dumps(sending).decode()))
    log.info("mail", env=mail.env, mail=mail.id, kind=mail.kind.value, status=status, code=answer.code,
             attempt=mail.attempts + 1, lease_lost=not kept)
    return status


async def about(ctx: Context, objects: Iterable[str]) -> list[Row]:
    """The newest hundred mails about these objects, for the portal."""
    return await ctx.db.rows(ctx.env, sql.OF_OBJECTS, (ctx.env, list(objects)))
