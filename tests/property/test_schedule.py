"""Properties of the retry schedules for every profile, seed, delay and Retry-After."""

import random
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from backend.webhooks import schedule
from backend.webhooks.schedule import JITTER, PROFILES

START = datetime(2026, 1, 1, tzinfo=UTC)
profiles = st.sampled_from(sorted(PROFILES))
waits = st.none() | st.timedeltas(timedelta(0), timedelta(days=400))


@given(profiles, st.integers(), st.lists(st.tuples(st.integers(0, 20_000), waits), max_size=30))
def test_attempts_end_move_forward_and_stay_within_the_span(name, seed, happenings):
    profile, chance = PROFILES[name], random.Random(seed)
    now, attempts = START, 0
    for took, asked in happenings:
        attempts += 1
        now += timedelta(seconds=took)
        following = schedule.next_at(profile, START, now, attempts, chance, asked)
        if following is None:
            assert attempts >= profile.attempts_max or now >= START + profile.span
            return
        assert now <= following <= START + profile.span
        if asked is not None and following < START + profile.span:
            assert following - now >= min(asked, schedule.RETRY_AFTER_MAX)
        now = following
    assert attempts < profile.attempts_max


@given(profiles, st.integers(), st.data())
def test_jitter_is_at_most_a_tenth(name, seed, data):
    profile = PROFILES[name]
    attempts = data.draw(st.integers(1, profile.attempts_max - 1))
    following = schedule.next_at(profile, START, START, attempts, random.Random(seed))
    assert following is not None
    step, gap = profile.delays[attempts], (following - START).total_seconds()
    assert step * (1 - JITTER) - 1e-3 <= gap <= min(step * (1 + JITTER), profile.span.total_seconds()) + 1e-3


@given(st.text())
def test_no_retry_after_header_breaks_anything(value):
    found = schedule.retry_after(value, START)
    assert found is None or found >= timedelta(0)
