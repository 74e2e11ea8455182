"""When a mail is tried again, and when it is given up; pure. Source: RFC 5321 section 4.5.4.1."""

import random
from datetime import datetime, timedelta

_MINUTE, _HOUR = 60.0, 3600.0
DELAYS = (_MINUTE, 5 * _MINUTE, 15 * _MINUTE, _HOUR, 2 * _HOUR, 4 * _HOUR, 8 * _HOUR, 12 * _HOUR, 24 * _HOUR,
          24 * _HOUR)
"""Seconds after the first, second, … try that a mail server put off: three days, and then it is given up."""
JITTER = 0.1


def next_at(now: datetime, attempts: int, chance: random.Random) -> datetime | None:
    """When to try again after `attempts` tries, or None when that was the last."""
    if attempts > len(DELAYS):
        return None
    return now + timedelta(seconds=DELAYS[attempts - 1] * chance.uniform(1 - JITTER, 1 + JITTER))
