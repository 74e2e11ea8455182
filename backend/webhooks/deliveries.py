"""Deliveries of events to endpoints: claim a lease (commit), send (no transaction open), record (commit).

Each stage has a type of its own, so that what was not sent cannot be recorded. Running a delivery twice is harmless:
the lease is taken in PostgreSQL, and its number fences off whoever lost it. Source: contract section 10, rule 17.
"""

import asyncio
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
import structlog

from backend import pages
from backend.accounts import environments, members, roles
from backend.clock import unix
from backend.context import Context, Runtime
from backend.db import Connection
from backend.errors import InvalidRequest, NotFound
from backend.logs import redact
from backend.mail import drafts
from backend.mail.kinds import Kind
from backend.requests import cleaning
from backend.webhooks import keys, pinned, rows, schedule, shapes, signatures, sql
from backend.webhooks.egress import BODY_BYTES_MAX, Egress, Failed, Refused, Reply

log = structlog.get_logger(__name__)

USER_AGENT = "Farthing/1.0 (webhooks)"
LEASE_SECONDS = 60.0
EACH_MAX = 4
"""Deliveries in flight to one endpoint, per worker process."""

RESEND_MAX = timedelta(days=30)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that is ours until the lease runs out."""

    env: int
    id: str
    lease: int
    endpoint_id: str
    event_id: str
    object_seq: int
    url: str
    body: bytes
    secrets: list[Row]
    profile: str
    standard_headers: bool
    attempts: int
    max_attempts: int
    next_at: datetime | None
    manual: bool
    created_at: datetime
    livemode: bool
    failing: bool


@dataclass(frozen=True, slots=True)
class Sent:
    """An attempt that was made: what went out and what came back, or why nothing did."""

    claimed: Claimed
    sent_at: datetime
    headers: dict[str, str]
    outcome: str
    latency_ms: int
    reply: Reply | None = None
    error: str | None = None


async def claim(runtime: Runtime, env: int, *, limit: int, free: Mapping[str, int] | None = None,
                failing: bool = True, only: str | None = None, lists: pinned.Lists | None = None) -> list[Claimed]:
    """Lease up to `limit` due deliveries; `free` says how many more an endpoint may have (EACH_MAX if absent).

    An endpoint whose last three attempts failed gets one delivery at a time, with pauses between them that all the
    others share, and none unless `failing`. `lists`: see pinned.
    """
    rows = await runtime.db.rows(env, sql.CLAIM, (env, runtime.clock_of(env).now(), limit, EACH_MAX,
                                                  orjson.dumps(free or {}).decode(), failing, only, LEASE_SECONDS))
    due = [(str(row["id"]), row["endpoint_id"], row["lease"], bytes(row["body"])) for row in rows]
    turned = await pinned.bodies(runtime, env, due, lists or {}) if due else {}
    return [Claimed(env=env, **{**row, "id": id, "body": turned.get(id, body)})
            for row, (id, _, _, body) in zip(rows, due, strict=True)]


async def deliver(runtime: Runtime, egress: Egress, env: int, delivery_id: str) -> str | None:
    """Claim, send and record one delivery; returns the attempt's outcome, or None when it was not due or not free."""
    for claimed in await claim(runtime, env, limit=1, only=delivery_id):
        return await finish(runtime, await send(runtime, egress, claimed))
    return None


async def send(runtime: Runtime, egress: Egress, claimed: Claimed) -> Sent:
    """Make one attempt. Never raises for what the receiver does."""
    now = runtime.clock.now()  # the system's, whatever the environment's clock says: the receiver compares it
    business = runtime.clock_of(claimed.env).now()
    active = keys.active(runtime, claimed.env, claimed.endpoint_id, claimed.secrets, business)
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": USER_AGENT,
               "Farthing-Object-Sequence": str(claimed.object_seq)}
    headers |= signatures.headers(active, claimed.event_id, unix(now) or 0, claimed.body,
                                  livemode=claimed.livemode, both=claimed.standard_headers)
    timeout = schedule.PROFILES[claimed.profile].timeout_seconds
    try:
        reply = await egress.post(claimed.url, headers, claimed.body, livemode=claimed.livemode,
                                  timeout_seconds=timeout)
    except Refused as refusal:
        return Sent(claimed, now, headers, "blocked", 0, error=f"blocked: {refusal}")
    except Failed as failure:
        took = int((runtime.clock.now() - now).total_seconds() * 1000)
        return Sent(claimed, now, headers, "failed", max(took, 0), error=f"{failure.code}: {failure}")
    fine = 200 <= reply.status <= 299
    return Sent(claimed, now, headers, "succeeded" if fine else "failed", reply.latency_ms, reply)


async def finish(runtime: Runtime, sent: Sent) -> str:
    """Record an attempt and what follows from it; returns its outcome. One commit, plus one if it disables."""
    claimed, now = sent.claimed, runtime.clock_of(sent.claimed.env).now()
    record = _verdict(runtime, sent, now) | {
        "delivery": claimed.id, "lease": claimed.lease, "manual": claimed.manual, "number": claimed.attempts + 1,
        "now": now.isoformat(), "url": claimed.url, "request_headers": sent.headers, "outcome": sent.outcome,
        "error": sent.error and redact(sent.error), "body_sha256": hashlib.sha256(claimed.body).hexdigest(),
        "latency_ms": sent.latency_ms, "sent_at": sent.sent_at.isoformat()}
    rows.SENDING.check(record)
    response = await asyncio.to_thread(_readable, sent.reply.body) if sent.reply else None
    done = await runtime.db.call(claimed.env, sql.RECORD, (claimed.env, orjson.dumps(record).decode(), response))
    if done["written"] and sent.outcome != "succeeded":
        await _judge_endpoint(runtime, sent, done, now)
    log.info("webhook_attempt", env=claimed.env, delivery=claimed.id, endpoint=claimed.endpoint_id,
             event_id=claimed.event_id, outcome=sent.outcome, status=record["last_status"], error=sent.error,
             ms=sent.latency_ms, attempt=claimed.attempts + 1, lease_lost=not done["written"])
    return sent.outcome


def _readable(body: bytes) -> bytes:
    """What a receiver said, without the card numbers and secrets in it: it may echo what nobody here may keep."""
    for _ in range(2):  # hiding can make it longer, and where it is cut again a shorter run of digits can be a number
        body = cleaning.text(body).encode()[:BODY_BYTES_MAX]
    return body


def _verdict(runtime: Runtime, sent: Sent, now: datetime) -> Row:
    """The delivery's next status. A manual attempt that fails leaves the automatic ones as they were."""
    claimed = sent.claimed
    code = sent.reply.status if sent.reply else None
    attempts = claimed.attempts + (not claimed.manual)
    verdict = {"last_status": code, "attempts": attempts, "max_attempts": claimed.max_attempts, "next_at": None}
    if sent.outcome == "succeeded":
        return verdict | {"status": "succeeded"}
    if claimed.manual and claimed.next_at:
        return verdict | {"status": "pending", "next_at": claimed.next_at.isoformat()}
    if sent.outcome == "blocked":
        return verdict | {"status": "blocked"}
    asked = schedule.retry_after(sent.reply.headers.get("retry-after"), now) if sent.reply else None
    again = None if code == 410 else schedule.next_at(
        schedule.PROFILES[claimed.profile], claimed.created_at, now, attempts, runtime.random, asked)
    if again is None:  # also when the time is up before all attempts were made: then this was the last of them
        return verdict | {"status": "failed", "max_attempts": max(attempts, 1) if code != 410 else claimed.max_attempts}
    return verdict | {"status": "pending", "next_at": again.isoformat()}


async def _judge_endpoint(runtime: Runtime, sent: Sent, done: Row, now: datetime) -> None:
    """Disable an endpoint that says it is gone (410), or that has failed for too long."""
    claimed = sent.claimed
    since = datetime.fromisoformat(done["failing_since"]) if done.get("failing_since") else None
    gone = sent.reply is not None and sent.reply.status == 410
    if not gone and not schedule.exhausted(schedule.PROFILES[claimed.profile], done["failures"], since, now):
        return
    reason = "gone" if gone else "failing"
    told = orjson.dumps(await _notices(runtime, claimed, reason)).decode()
    if await runtime.db.call(claimed.env, sql.GIVE_UP, (claimed.env, claimed.endpoint_id, reason, told)):
        log.warning("webhook_endpoint_disabled", env=claimed.env, endpoint=claimed.endpoint_id, reason=reason,
                    failures=done["failures"], failing_since=done.get("failing_since"))


async def _notices(runtime: Runtime, claimed: Claimed, reason: str) -> list[Row]:
    """The mails that tell the account's owners; written only if the endpoint is disabled by us now."""
    ctx = await environments.context(runtime, claimed.env, actor="worker")
    if not drafts.leave(ctx):
        return []
    owners = await members.who_may(runtime, ctx.account, (roles.OWNER,))
    return [drafts.draft(ctx, Kind.ENDPOINT_DISABLED, claimed.endpoint_id, owner,
                         f"endpoint:{claimed.endpoint_id}:{reason}:{claimed.id}") for owner in owners]


async def resend(ctx: Context, tx: Connection, delivery_id: str, *, within: timedelta = RESEND_MAX) -> None:
    """Ask for one more attempt beside the automatic ones; ring the doorbell (job `webhooks`) after the commit.

    Raises InvalidRequest when the delivery is unknown, older than `within`, or its endpoint is disabled.
    """
    now = ctx.clock.now()
    found = (await tx.execute(sql.RESEND, {"env": ctx.env, "id": delivery_id, "now": now,
                                           "oldest": now - within})).scalar()
    if found is None:
        raise InvalidRequest(f"The delivery '{delivery_id}' cannot be sent again: it does not exist, is more than "
                             f"{within.days} days old, or its endpoint is disabled.", code="resource_missing",
                             param="delivery")


async def find(ctx: Context, params: Row) -> Row:
    """A page of deliveries for the portal; filters endpoint, event, status, type, last_status. Raises NotFound for a
    cursor that is no delivery."""
    names = ("endpoint", "event", "status", "type", "last_status")
    for end in ("starting_after", "ending_before"):
        if params.get(end) and not _UUID.fullmatch(params[end]):
            raise NotFound("delivery", params[end], end)
    args = {"env": ctx.env, **{name: params.get(name) for name in names}, **pages.cursor(params)}
    rows = await pages.rows(ctx, sql.DELIVERIES, args)
    return pages.page("/v1/webhook_deliveries", params, rows, shapes.delivery)


async def get(ctx: Context, id: str) -> Row:
    """One delivery for the portal; raises NotFound."""
    rows = await ctx.db.rows(ctx.env, sql.DELIVERY_GET, (ctx.env, id))
    if not rows:
        raise NotFound("delivery", id)
    return shapes.delivery(rows[0])


async def attempts(ctx: Context, delivery_id: str) -> list[Row]:
    """Every attempt of a delivery, oldest first, for the portal."""
    return [shapes.attempt(row) for row in await ctx.db.rows(ctx.env, sql.ATTEMPTS, (ctx.env, delivery_id))]
