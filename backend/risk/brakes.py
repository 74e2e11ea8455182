"""The brake on card testing: a shopper's tries are counted, and end when too many of them were declined.

A try that a shopper begins (with a publishable key, or on a hosted page) holds its card and its block of addresses
while it is under way, so that a crowd of tries at one moment gets no further than one after another. What was declined
stays counted; what was not is given back. A merchant's own server is never held: its declines only count for the alarm.
Source: docs/decisions/brake-on-card-testing.md.
"""

import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson

from backend.budgets import Budget
from backend.codes import Code
from backend.context import Context, Runtime
from backend.db import detail, sqlstate
from backend.errors import CardError, FarthingError, InvalidRequest, TooMany
from backend.risk import rows, sql

Row = dict[str, Any]
Brake = dict[str, str]
"""What one try is counted for: {kind: key}."""

CODE: Code = "card_decline_rate_limit_exceeded"
SECURE_FROM = 2
"""So many declines of a payment, and the next cardholder must be authenticated."""
_ROOM = {"card": 0, "block": 5}
"""What is held while it is under way -> how many tries beyond the budget may be under way or declined together."""
_SHARED = ("block", "link")
"""What many honest shoppers have in common: there each that was approved allows a fifth of a decline."""
_SECURED = ("payment", "bin", "merchant")
_CLOSED = ("payment", "card", "block", "link")
_ALARM_ONLY = 2**31 - 1
_ALL = "all"


class Authenticate(Exception):
    """The try may begin once its cardholder is authenticated; nothing was written."""


def block(address: str) -> str:
    """The addresses that one shopper could easily have together: a /24, or a /48 of IPv6."""
    ip = _ip(address)
    return str(ipaddress.ip_network((ip, 24 if ip.version == 4 else 48), strict=False)) if ip else "unknown"


def _ip(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    return ip.ipv4_mapped or ip if isinstance(ip, ipaddress.IPv6Address) else ip


def _from(ctx: Context) -> str | None:
    """The block that a shopper is at. No live one sits at this machine: that is a reverse proxy which nobody told us to
    trust, and to count it would let one card tester close the page for everybody behind it."""
    ip = _ip(ctx.client.address)
    return None if ctx.livemode and ip and ip.is_loopback else block(ctx.client.address)


def of(ctx: Context, intent: str, method: Row) -> Brake | None:
    """What a try to pay (or set up) this intent with this card is counted for; None when no shopper makes it."""
    if not ctx.client.shopper or method["type"] != "card":
        return None
    keys = {"payment": intent, "card": method["card"].get("fingerprint"), "block": _from(ctx),
            "bin": method["card"].get("iin"), "link": ctx.client.link, "merchant": _ALL}
    return {kind: key for kind, key in keys.items() if key}


def begin(ctx: Context, brake: Brake | None, *, authenticated: bool = False) -> list[Row]:
    """The entries of a try that begins. With `authenticated` its cardholder need not be asked any more."""
    return [_entry(kind, key, budget, underway=int(kind in _ROOM), **_bounds(kind, budget, authenticated))
            for kind, key, budget in _budgeted(ctx, brake)]


def _bounds(kind: str, budget: Budget, authenticated: bool) -> Row:
    bounds = {}
    if kind in _CLOSED:
        bounds["most"] = budget.declines
    if kind in _ROOM:
        bounds["room"] = budget.declines + _ROOM[kind]
    if kind in _SECURED and not authenticated:
        bounds["secure"] = {"payment": SECURE_FROM, "merchant": _ALARM_ONLY}.get(kind, budget.declines)
    return bounds


def end(ctx: Context, brake: Brake | None, *, declined: bool = False, approved: bool = False) -> list[Row]:
    """The entries of a try that is over; of a merchant's own server's, when `brake` is None."""
    entries = [_entry(kind, key, budget, underway=-int(kind in _ROOM), declined=int(declined),
                      approved=int(approved and kind in _SHARED),
                      **({"alarm": budget.declines} if kind == "merchant" else {}))
               for kind, key, budget in _budgeted(ctx, brake or {"merchant": _ALL})]
    return [one for one in entries if one["underway"] or one["declined"] or one["approved"]]


def rest(ctx: Context, brake: Brake | None) -> tuple[list[Row], Brake | None]:
    """The entries of a try that waits for its cardholder at the bank, and what it is still counted for.

    It counts for its payment at once, for it may be abandoned; and no more for the address, for whoever ends it has
    shown who they are.
    """
    if brake is None:
        return [], None
    entries = [_entry(kind, key, budget, underway=-int(kind == "block"), declined=int(kind == "payment"))
               for kind, key, budget in _budgeted(ctx, brake) if kind in ("payment", "block")]
    return entries, {kind: key for kind, key in brake.items() if kind not in ("payment", "block")}


def _entry(kind: str, key: str, budget: Budget, *, underway: int = 0, declined: int = 0, approved: int = 0,
           **bounds: int) -> Row:
    return {"kind": kind, "key": key, "seconds": budget.seconds, "underway": underway, "declined": declined,
            "approved": approved, **bounds}


def _budgeted(ctx: Context, brake: Brake | None) -> list[tuple[str, str, Budget]]:
    budgets = ctx.settings.decline_budget_table[ctx.livemode]
    return [(kind, key, budgets[kind]) for kind, key in (brake or {}).items() if kind in budgets]


async def count(ctx: Context, entries: list[Row]) -> None:
    """Count what no other commit carries; raises as `refusal` says."""
    if not entries:
        return
    for entry in entries:
        rows.COUNT.check(entry)
    try:
        await ctx.call(sql.APPLY, ctx.env, orjson.dumps(entries).decode())
    except Exception as error:
        if told := refusal(ctx, error):
            raise told from error
        raise


@asynccontextmanager
async def trying(ctx: Context, brake: Brake | None, *, authenticated: bool = False) -> AsyncIterator[None]:
    """Around a question to an issuer that has no commit before it: a CardError counts as a decline."""
    await count(ctx, begin(ctx, brake, authenticated=authenticated))
    declined = approved = False
    try:
        yield
        approved = True
    except CardError:
        declined = True
        raise
    finally:
        await count(ctx, end(ctx, brake, declined=declined, approved=approved))


def refusal(ctx: Context, error: Exception) -> Exception | None:
    """What a database error of the brake means; None for another error."""
    state = sqlstate(error)
    if state == sql.AUTHENTICATE:
        return Authenticate()
    return _refused(ctx, *detail(error).split()) if state == sql.BRAKED else None


def _refused(ctx: Context, kind: str, seconds: str) -> FarthingError:
    if kind == "payment":
        return InvalidRequest("Too many cards were declined for this payment, so it takes no more. Nothing was "
                              "charged. Go back to the store to start again, or ask the seller for another way to "
                              "pay.", code=CODE)
    text = ("Too many payments from here are under way at this moment. Nothing was charged; please try again in a "
            "moment." if kind == "busy" else
            "Too many payments were declined here in a short time, so no more are taken for a while. Nothing was "
            f"charged. Please try again {_when(int(seconds))}, or ask the seller for another way to pay.")
    hint = "" if ctx.livemode or kind == "busy" else " (DECLINE_BUDGETS_TEST sets how many a test mode takes.)"
    return TooMany(text + hint, code=CODE, headers={"Retry-After": seconds, "Stripe-Should-Retry": "false"})


def _when(seconds: int) -> str:
    count, unit = (-(-seconds // 3600), "hour") if seconds > 90 * 60 else (-(-seconds // 60), "minute")
    return f"in about {count} {unit}{'' if count == 1 else 's'}"


def closes(error: FarthingError) -> bool:
    """Whether this refusal closes its payment for good."""
    return error.code == CODE and not isinstance(error, TooMany)


async def require_left(ctx: Context, kind: str, key: str) -> None:
    """Raise TooMany, with the seconds to wait, while a key's budget is used up."""
    budget = ctx.settings.decline_budget_table[ctx.livemode].get(kind)
    spent = budget and await ctx.db.rows(ctx.env, sql.SPENT, (ctx.env, kind, key, budget.declines))
    if spent:
        raise _refused(ctx, kind, str(spent[0]["seconds"]))


async def alarm(ctx: Context) -> Row | None:
    """{declined, alarm_until} while the merchant's declines are far above its usual share; else None."""
    rows = await ctx.db.rows(ctx.env, sql.ALARM, (ctx.env,))
    return rows[0] if rows else None


async def forget(runtime: Runtime) -> int:
    """Remove the counters whose windows are over, in every environment; returns how many."""
    return int(await runtime.db.call(0, sql.FORGET))
