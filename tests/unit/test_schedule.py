"""The retry schedules, Retry-After and the rule that gives an endpoint up (experiment E18, pure part)."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from backend.webhooks import schedule
from backend.webhooks.schedule import PROFILES

START = datetime(2026, 1, 1, tzinfo=UTC)


class Exact(random.Random):
    """No jitter."""

    def uniform(self, a: float, b: float) -> float:
        return (a + b) / 2


def walk(name: str, chance: random.Random) -> list[float]:
    """Seconds between the attempts when every one of them fails at once."""
    now, attempts, gaps = START, 0, []
    while True:
        attempts += 1
        following = schedule.next_at(PROFILES[name], START, now, attempts, chance)
        if following is None:
            return gaps
        gaps.append((following - now).total_seconds())
        now = following


MINUTE, HOUR = 60, 3600


@pytest.mark.parametrize(("name", "gaps"), [
    ("stripe", [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR]),
    ("stripe_sandbox", [HOUR, 3 * HOUR]),
    ("d0", [1, 5, 15, 60]),
    ("d1", [MINUTE, 5 * MINUTE, 30 * MINUTE, HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR, 24 * HOUR, 24 * HOUR]),
])
def test_each_profile_keeps_its_steps(name, gaps):
    assert walk(name, Exact())[:len(gaps)] == gaps


def test_the_last_attempt_comes_no_later_than_72_hours():
    gaps = walk("stripe", Exact())
    assert len(gaps) == PROFILES["stripe"].attempts_max - 1
    assert sum(gaps) == 72 * HOUR


def test_after_the_time_is_up_there_is_no_further_attempt():
    late = START + timedelta(hours=73)
    assert schedule.next_at(PROFILES["stripe"], START, late, 3, Exact()) is None


def test_retry_after_makes_it_later_and_never_sooner():
    profile = PROFILES["stripe"]
    ask = schedule.next_at(profile, START, START, 1, Exact(), timedelta(seconds=120))
    assert ask == START + timedelta(seconds=120)
    ask = schedule.next_at(profile, START, START, 2, Exact(), timedelta(seconds=1))
    assert ask == START + timedelta(minutes=5)
    ask = schedule.next_at(profile, START, START, 1, Exact(), timedelta(days=300))
    assert ask == START + schedule.RETRY_AFTER_MAX


@pytest.mark.parametrize(("value", "seconds"), [
    ("120", 120), (" 7 ", 7), ("0", 0), ("Thu, 01 Jan 2026 00:01:00 GMT", 60), ("Wed, 31 Dec 2025 00:00:00 GMT", 0),
    ("", None), (None, None), ("soon", None), ("-5", None), ("1e9", None), ("٣", None), ("9" * 40, None),
])
def test_retry_after_is_read_as_rfc_9110_has_it(value, seconds):
    found = schedule.retry_after(value, START)
    assert found == (None if seconds is None else timedelta(seconds=seconds))


def test_an_endpoint_is_given_up_only_after_many_failures_and_three_days():
    profile, failing = PROFILES["stripe"], START
    assert not schedule.exhausted(profile, 1000, failing, START + timedelta(hours=71))
    assert not schedule.exhausted(profile, 9, failing, START + timedelta(days=4))
    assert not schedule.exhausted(profile, 10, None, START + timedelta(days=4))
    assert schedule.exhausted(profile, 10, failing, START + timedelta(hours=72))
