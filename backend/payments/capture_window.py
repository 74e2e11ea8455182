"""The capture window: an authorisation that nobody captures within it is voided, and the money given free again."""

import asyncio
from datetime import datetime, timedelta

import structlog

from backend.accounts import environments
from backend.context import Context, Runtime
from backend.errors import FarthingError, InvalidRequest
from backend.payments import attempts, sql
from backend.payments.attempts import Row
from backend.payments.effects import EXPIRED
from backend.payments.states import Happening, Intent, after

log = structlog.get_logger(__name__)

RETRY_HOURS = 1
"""When we try again to void what the acquirer would not void."""


def require_open(ctx: Context, authorization: Row) -> None:
    """Raise `charge_expired_for_capture` when the window of an authorisation is over, swept already or not."""
    if not is_open(ctx, authorization):
        raise InvalidRequest("This authorization is past its capture window, so it can no longer be captured. Create "
                             "a new PaymentIntent.", code="charge_expired_for_capture")


def is_open(ctx: Context, authorization: Row) -> bool:
    """Whether an authorisation can still be captured."""
    return datetime.fromisoformat(authorization["sent_at"]) > _cutoff(ctx.runtime)


async def void_due(runtime: Runtime, env: int, limit: int) -> int:
    """Void up to `limit` authorisations of `env` whose window is over, side by side; returns how many were due.

    Running it twice, or beside a capture, is harmless: one operation per payment is open at a time.
    """
    args = {"env": env, "before": _cutoff(runtime), "again": runtime.clock.now() - timedelta(hours=RETRY_HOURS),
            "limit": limit}
    rows = await runtime.db.rows(env, sql.UNCAPTURED, args)
    if rows:
        ctx = await environments.context(runtime, env, actor="sweeper")
        await asyncio.gather(*(_void(ctx, row["row"]) for row in rows))
    return len(rows)


async def _void(ctx: Context, authorization: Row) -> None:
    step = await attempts.read(ctx, authorization["payment_id"])
    assert step
    if step.payment["status"] != Intent.REQUIRES_CAPTURE:
        return  # captured or canceled a moment ago
    change = {"status": after(step.payment["status"], Happening.SEND), "cancellation_reason": EXPIRED,
              "last_payment_error": None}
    attempt = attempts.new_attempt(ctx, step, "void", step.payment["amount_capturable"],
                                   connector=authorization["connector"], original=authorization)
    try:
        row = await attempts.run(ctx, step, change, attempt, [])
        log.info("authorization_expired", payment=row["id"], status=row["status"])
    except FarthingError as error:  # captured meanwhile, or the acquirer refused: it is looked at again
        log.warning("authorization_not_voided", payment=step.payment["id"], reason=error.message)
    except Exception:  # one payment must not hold up the others
        log.exception("authorization_not_voided", payment=step.payment["id"])


def _cutoff(runtime: Runtime) -> datetime:
    return runtime.clock.now() - timedelta(days=runtime.settings.capture_window_days)
