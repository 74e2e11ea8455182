"""Webhook endpoints: create, get, find, update, delete, roll the secret (contract section 10)."""

from datetime import datetime, timedelta
from typing import Any

import orjson
import structlog

from backend import ids, pages
from backend.context import Context
from backend.db import Connection
from backend.errors import InvalidRequest, NotFound
from backend.events import types
from backend.versions import versions
from backend.webhooks import egress, keys, schedule, shapes, signatures, sql, targets

log = structlog.get_logger(__name__)

ENDPOINTS_MAX = 16
OVERLAP = timedelta(hours=24)
"""How long the old secret of an endpoint signs beside the new one when nothing else is asked for."""
SECRETS_MAX = 6
"""Secrets of one endpoint that sign at a time: each makes every delivery's headers longer."""
NOUN = "webhook endpoint"
Row = dict[str, Any]


async def create(ctx: Context, tx: Connection, params: Row) -> Row:
    """A new endpoint; the answer is the only place where its secret is ever shown.

    Parameters: url, enabled_events, description, metadata, api_version, connect; own: `profile` (a schedule of
    `schedule.PROFILES`) and `standard_headers` (send the Standard Webhooks headers too, default true).
    """
    if params.get("connect"):
        raise InvalidRequest("connect cannot be true: there are no connected accounts here yet, so nothing would ever "
                             "be sent. Leave it out.", param="connect", code="parameter_invalid_combination")
    url = check_url(ctx, params["url"])
    wanted = types.check(params["enabled_events"])
    if params.get("api_version"):
        versions.known(params["api_version"], "api_version")
    profile = _profile(params.get("profile") or schedule.DEFAULT)
    await tx.execute(sql.LOCK, {"env": ctx.env})
    if (await tx.execute(sql.COUNT, {"env": ctx.env})).scalar_one() >= ENDPOINTS_MAX:
        raise InvalidRequest(f"You have reached the maximum of {ENDPOINTS_MAX} webhook endpoints. Delete one that "
                             "is no longer needed, or subscribe an existing one to more event types.")
    id, secret = ids.new("we", ctx.env), signatures.generate()
    sealed = keys.seal(ctx.runtime, ctx.env, id, secret)
    row = (await tx.execute(sql.INSERT, {
        "env": ctx.env, "id": id, "url": url, "description": params.get("description") or None,
        "metadata": _json(params.get("metadata") or {}), "api_version": params.get("api_version") or None,
        "connect": params.get("connect"), "enabled_events": wanted, "profile": profile,
        "attempts_max": schedule.PROFILES[profile].attempts_max,
        "standard_headers": params.get("standard_headers", True),
        "secrets": _json([{"sealed": sealed, "expires_at": None}]), "now": ctx.clock.now()})).mappings().one()
    return shapes.endpoint(dict(row), livemode=ctx.livemode, secret=secret)


async def get(ctx: Context, id: str) -> Row:
    """The endpoint without its secret; raises NotFound."""
    rows = await ctx.db.rows(ctx.env, sql.GET, (ctx.env, id))
    if not rows:
        raise NotFound(NOUN, id, "webhook_endpoint")
    return shapes.endpoint(rows[0], livemode=ctx.livemode)


async def find(ctx: Context, params: Row) -> Row:
    """A page of endpoints, newest first."""
    args = {"env": ctx.env, **pages.cursor(params)}
    rows = await pages.rows(ctx, sql.FIND, args)
    return pages.page("/v1/webhook_endpoints", params, rows,
                      lambda row: shapes.endpoint(row, livemode=ctx.livemode))


async def update(ctx: Context, tx: Connection, id: str, params: Row) -> Row:
    """Change url, enabled_events, description, metadata, `disabled`, profile or standard_headers."""
    row, now = await _lock(ctx, tx, id), ctx.clock.now()
    if "url" in params:
        row["url"] = check_url(ctx, params["url"])
    if "enabled_events" in params:
        _subscribe(row, types.check(params["enabled_events"]), now)
    if "description" in params:
        row["description"] = params["description"] or None
    if params.get("metadata") is not None:
        row["metadata"] = _merged(row["metadata"], params["metadata"])
    if params.get("profile"):
        row["profile"] = _profile(params["profile"])
        row["attempts_max"] = schedule.PROFILES[row["profile"]].attempts_max
    if params.get("standard_headers") is not None:
        row["standard_headers"] = params["standard_headers"]
    if params.get("disabled") is False and not row["enabled"]:
        row |= {"enabled": True, "enabled_since": now, "previous_since": None, "failures": 0, "failing_since": None,
                "disabled_reason": None}
    await _save(tx, row)
    if params.get("disabled") is True and row["enabled"]:
        await tx.execute(sql.DISABLE_IN, {"env": ctx.env, "id": id, "reason": "requested"})
        row["enabled"] = False
    return shapes.endpoint(row, livemode=ctx.livemode)


async def delete(ctx: Context, tx: Connection, id: str) -> Row:
    """Delete an endpoint: nothing more is sent to it; its deliveries stay as a record."""
    row = await _lock(ctx, tx, id)
    await tx.execute(sql.DISABLE_IN, {"env": ctx.env, "id": id, "reason": "deleted"})
    await _save(tx, row | {"enabled": False, "disabled_reason": "deleted", "deleted_at": ctx.clock.now()})
    return shapes.deleted(id)


async def roll_secret(ctx: Context, tx: Connection, id: str, *, overlap: timedelta = OVERLAP) -> Row:
    """Give the endpoint a new secret, shown in the answer only; those before it still sign for `overlap`, or end at
    once when that is nothing. Raises InvalidRequest when too many still sign."""
    row, now = await _lock(ctx, tx, id), ctx.clock.now()
    ends = now + overlap
    kept = [{"sealed": entry["sealed"], "expires_at": _earlier(entry["expires_at"], ends)}
            for entry in row["secrets"] if _earlier(entry["expires_at"], ends) > now.isoformat()]
    if len(kept) >= SECRETS_MAX:
        raise InvalidRequest(f"{len(kept)} secrets of this endpoint still sign. Wait until one has expired, or end "
                             "them all with expires_in=0.", param="expires_in")
    secret = signatures.generate()
    fresh = {"sealed": keys.seal(ctx.runtime, ctx.env, id, secret), "expires_at": None}
    await tx.execute(sql.SECRETS, {"env": ctx.env, "id": id, "secrets": _json([fresh, *kept])})
    log.info("webhook_secret_rolled", env=ctx.env, endpoint=id, actor=ctx.actor, expires_in=overlap.total_seconds())
    return shapes.endpoint(row, livemode=ctx.livemode, secret=secret)


def check_url(ctx: Context, url: str, param: str = "url") -> str:
    """The URL; raises InvalidRequest url_invalid for what can be seen to be wrong without asking DNS (attack A10)."""
    settings = ctx.settings
    try:
        targets.parse(url, livemode=ctx.livemode, private=settings.private_webhooks,
                      loopback=settings.loopback_webhooks and not ctx.livemode, taken=settings.own_ports,
                      own=frozenset(egress.own_addresses()))
    except targets.Refused as refusal:
        help = _inside(ctx) if isinstance(refusal, targets.Inside) else ""
        raise InvalidRequest(f"Invalid URL: {refusal}{help}", code="url_invalid", param=param) from None
    return url


def _inside(ctx: Context) -> str:
    """What to do about an address within this machine or its network."""
    if ctx.livemode:
        return " Live webhooks go to https:// addresses on the public internet only."
    return (" To receive test webhooks on your own machine or network, whoever runs Farthing starts it with "
            f"FARTHING_ALLOW_PRIVATE_WEBHOOKS=true; see {ctx.settings.api_base}/docs/webhooks.")


def _subscribe(row: Row, wanted: list[str], now: datetime) -> None:
    """Set the types. A wider list begins now; events on their way still see the list that was in force for them."""
    old = set(row["enabled_events"])
    row["enabled_events"], widened = wanted, types.EVERY not in old and not set(wanted) <= old
    if widened and row["enabled"]:
        row |= {"previous_events": sorted(old), "previous_since": row["enabled_since"], "enabled_since": now}


async def _lock(ctx: Context, tx: Connection, id: str) -> Row:
    await tx.execute(sql.LOCK, {"env": ctx.env})
    found = (await tx.execute(sql.GET_LOCKED, {"env": ctx.env, "id": id})).mappings().one_or_none()
    if found is None:
        raise NotFound(NOUN, id, "webhook_endpoint")
    return dict(found)


async def _save(tx: Connection, row: Row) -> None:
    await tx.execute(sql.SAVE, row | {"metadata": _json(row["metadata"])})


def _profile(name: str) -> str:
    if name not in schedule.PROFILES:
        raise InvalidRequest(f"Invalid profile: must be one of {', '.join(schedule.PROFILES)}.", param="profile")
    return name


def _merged(old: dict[str, str], given: Any) -> dict[str, str]:
    """Metadata after an update: an empty value deletes its key, an empty text all of them."""
    return {} if given == "" else {name: value for name, value in {**old, **given}.items() if value != ""}


def _earlier(expires_at: str | None, ends: datetime) -> str:
    return min(expires_at, ends.isoformat()) if expires_at else ends.isoformat()


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
