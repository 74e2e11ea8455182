"""When a delivery is tried again and when an endpoint is given up; pure. Source: contract section 10, rule 17."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0
JITTER = 0.1
"""A delay of d seconds becomes d ± 10 %."""

RETRY_AFTER_MAX = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Profile:
    """Delays in seconds before each attempt, the first one included.

    No attempt comes later than `span` after the delivery was made. An endpoint is disabled once it has failed
    `failures_max` times in a row and that for at least `failing_for`.
    """

    delays: tuple[float, ...]
    span: timedelta = timedelta(days=30)
    timeout_seconds: float = 10.0
    failures_max: int = 10
    failing_for: timedelta = timedelta(days=3)

    @property
    def attempts_max(self) -> int:
        return len(self.delays)


PROFILES = {
    "stripe": Profile((0, 5, 5 * _MINUTE, 30 * _MINUTE, 2 * _HOUR, 5 * _HOUR, 10 * _HOUR, 14 * _HOUR, 20 * _HOUR,
                       24 * _HOUR), span=timedelta(hours=72)),
    "stripe_sandbox": Profile((0, _HOUR, 3 * _HOUR)),
    "d0": Profile((0, 1, 5, 15, 60)),
    "d1": Profile((0, _MINUTE, 5 * _MINUTE, 30 * _MINUTE, _HOUR, 6 * _HOUR, 12 * _HOUR, _DAY, _DAY, _DAY)),
}
DEFAULT = "stripe"


def next_at(profile: Profile, made_at: datetime, now: datetime, attempts: int, chance: random.Random,
            retry_after: timedelta | None = None) -> datetime | None:
    """When to try again after `attempts` attempts have failed, or None when that was the last one.

    What the receiver asked for with Retry-After is honoured when it is later than our own step, up to a day.
    """
    if attempts >= profile.attempts_max or now >= made_at + profile.span:
        return None
    delay = timedelta(seconds=profile.delays[attempts] * chance.uniform(1 - JITTER, 1 + JITTER))
    if retry_after is not None:
        delay = max(delay, min(retry_after, RETRY_AFTER_MAX))
    return min(now + delay, made_at + profile.span)


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """The header Retry-After (RFC 9110 section 10.2.3): seconds or a date; anything else is None."""
    if not value:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit() and len(text) <= 9:
        return timedelta(seconds=int(text))
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(moment - now, timedelta(0))


def exhausted(profile: Profile, failures: int, failing_since: datetime | None, now: datetime) -> bool:
    """True when an endpoint has failed so often and so long that it is to be disabled."""
    return (failures >= profile.failures_max and failing_since is not None
            and now - failing_since >= profile.failing_for)
