"""Rate limits in a real Redis: exact under parallel requests, open and fast without it."""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest

from backend import limits
from backend.accounts import environments
from backend.db import Database
from backend.limits import Limiter
from backend.tiers import Rule
from tests.conformance import clients
from tests.free_ports import free_ports
from tests.house import Ticks
from tests.stack import Stack, running

HOUR = 3600
WAIT = 2.0


@pytest.fixture(scope="module")
def limited() -> Iterator[Stack]:
    """A stack whose test environments may send 60 requests an hour, 5 of them lists."""
    with running(RATE_TIERS="t=1/h+60,list:1/h+5;places=4 at once", RATE_TIER_TEST="t", RATE_TIER_LIVE="none",
                 RATE_LIMIT_WAIT_MS=str(int(WAIT * 500))) as made:
        yield made


@pytest.fixture
async def limiter(limited: Stack) -> AsyncIterator[Limiter]:
    one = Limiter(limited.redis_url, 20)
    yield one
    await one.close()


def env() -> int:
    """An environment that nobody has counted for."""
    return time.monotonic_ns()


async def test_of_200_parallel_requests_exactly_the_burst_passes(limiter: Limiter) -> None:
    here, rules = env(), (Rule("all", 1, HOUR, 37),)
    said = await asyncio.gather(*(limiter.take(here, rules, 0, f"r{n}") for n in range(200)))
    assert Counter(one is not None and one.allowed for one in said) == {True: 37, False: 163}
    assert sorted(one.remaining for one in said if one and one.allowed) == list(range(37))
    assert all(0 < one.wait_seconds <= HOUR for one in said if one and not one.allowed)
    other = await limiter.take(here + 1, rules, 0, "r")
    assert other is not None
    assert other.allowed, "another environment has its own"


async def test_the_rate_is_kept_after_the_burst(limiter: Limiter) -> None:
    here, rules, passed, began = env(), (Rule("all", 50, 1, 10),), 0, time.monotonic()
    while (took := time.monotonic() - began) < 1.5 or passed <= 10:
        verdict = await limiter.take(here, rules, 0, "r")
        passed += bool(verdict and verdict.allowed)
    assert passed <= 10 + 50 * (took + 1), "a loaded machine may make it fewer, never more"


async def test_what_one_rule_refuses_is_counted_by_none(limiter: Limiter) -> None:
    here, wide, narrow = env(), Rule("all", 1, HOUR, 5), Rule("list", 1, HOUR, 2)
    for _ in range(20):
        await limiter.take(here, (wide, narrow), 0, "r")
    said = [await limiter.take(here, (wide,), 0, "r") for _ in range(5)]
    assert [one.allowed for one in said if one] == [True, True, True, False, False]


async def test_places_are_given_back_and_those_of_the_dead_expire(limiter: Limiter) -> None:
    here = env()
    said = await asyncio.gather(*(limiter.take(here, (), 4, f"r{n}") for n in range(50)))
    inside = [n for n, one in enumerate(said) if one and one.allowed]
    assert len(inside) == 4
    limiter.give(here, f"r{inside[0]}")
    until = time.monotonic() + 10
    while not ((again := await limiter.take(here, (), 4, "r-again")) and again.allowed):
        assert time.monotonic() < until
    assert limiter._redis is not None
    assert 0 < await limiter._redis.pttl(f"limit:{{{here}}}:places") <= 90_000, "a killed process's places end, too"


@pytest.mark.parametrize("url", ["", "unix:///nowhere/redis.sock", "redis://127.0.0.1:1/0"])
async def test_without_redis_nobody_is_limited_and_nobody_waits(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=lambda: now))
    one = Limiter(url, 0.05)
    await one.take(1, (Rule("all", 1, HOUR, 1),), 1, "first")
    asked = one.failures
    for later in (0.0, limits.AWAY_SECONDS * 1.01):
        now += later
        said = [await one.take(1, (Rule("all", 1, HOUR, 1),), 1, f"r{n}") for n in range(1000)]
        assert said == [None] * 1000
        assert one.failures - asked == (1 if url and later else 0), "of all who come in a second one asks"
    await one.close()


async def send(stack: Stack, key: str, count: int, path: str = "/v1/balance", **options: Any) -> list[httpx2.Response]:
    limits = httpx2.Limits(max_connections=count)
    async with httpx2.AsyncClient(base_url=stack.api_base, trust_env=False, timeout=60, limits=limits,
                                  headers={"Authorization": f"Bearer {key}"}) as client:
        return await asyncio.gather(*(client.request(options.get("method", "GET"), path, data=options.get("data"))
                                      for _ in range(count)))


async def counted(stack: Stack, count: int, path: str = "/v1/balance") -> tuple[str, list[httpx2.Response]]:
    """The key of a merchant who has sent nothing before, and the answers to so many requests of his, all counted.

    When Redis does not answer within its second, which is a yes, it is another merchant's turn: the machine was busy.
    """
    for _ in range(10):
        key = clients.another_account(stack).secret_key
        answers = await send(stack, key, count, path)
        if all("x-ratelimit-remaining" in answer.headers for answer in answers):
            return key, answers
    raise AssertionError("Redis does not answer in time")


async def test_200_parallel_requests_to_the_api_meet_the_limit_exactly(limited: Stack) -> None:
    _, answers = await counted(limited, 200)
    assert Counter(answer.status_code for answer in answers) == {200: 60, 429: 140}
    refused = next(answer for answer in answers if answer.status_code == 429)
    error, headers = refused.json()["error"], refused.headers
    assert (error["type"], error["code"]) == ("invalid_request_error", "rate_limit")
    assert headers["stripe-rate-limited-reason"] == "global-rate"
    assert headers["stripe-should-retry"] == "true"
    assert 1 <= int(headers["retry-after"]) <= HOUR
    assert (headers["x-ratelimit-limit"], headers["x-ratelimit-remaining"]) == ("60", "0")
    assert headers["ratelimit"].startswith('"all";r=0;t=')
    assert headers["ratelimit-policy"] == f'"all";q=1;w={HOUR}'
    passed = next(answer for answer in answers if answer.headers.get("x-ratelimit-remaining") == "40")
    assert "ratelimit" not in passed.headers, "only near the limit"


async def test_a_kind_of_request_has_its_own_limit(limited: Stack) -> None:
    key, answers = await counted(limited, 12, "/v1/customers")
    assert Counter(answer.status_code for answer in answers) == {200: 5, 429: 7}
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.headers["stripe-rate-limited-reason"] == "endpoint-rate"
    assert [answer.status_code for answer in await send(limited, key, 1)] == [200]


async def test_an_environment_with_all_places_taken_is_told_so(limited: Stack) -> None:
    other = clients.another_account(limited)
    db = Database(limited.urls.app, pool_size=1)
    await db.open()
    env = (await db.rows(0, "SELECT max(id) AS id FROM core.environment"))[0]["id"]
    await db.execute(0, "UPDATE core.environment SET rate_tier = 'places' WHERE id = %s", (env,))
    await db.close()
    control = f"http://127.0.0.1:{limited.sandbox_port}/control"
    pay = {"amount": "1000", "currency": "usd", "payment_method": "pm_card_visa", "confirm": "true",
           "return_url": "https://example.com"}
    httpx2.post(control, json={"latency_ms": 3000}, trust_env=False)
    try:
        answers = await send(limited, other.secret_key, 20, "/v1/payment_intents", method="POST", data=pay)
    finally:
        httpx2.post(control, json={"latency_ms": 0}, trust_env=False)
    assert Counter(answer.status_code for answer in answers) == {200: 4, 429: 16}
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.headers["stripe-rate-limited-reason"] == "global-concurrency"
    limited.wait(lambda: httpx2.get(f"{limited.api_base}/v1/balance", auth=(other.secret_key, ""),
                                    trust_env=False).status_code == 200)


async def test_a_tier_that_does_not_exist_is_refused(limited: Stack) -> None:
    from types import SimpleNamespace

    from backend.config import Settings
    from backend.errors import InvalidRequest

    runtime: Any = SimpleNamespace(settings=Settings.model_validate({}))
    with pytest.raises(InvalidRequest):
        await environments.set_rate_tier(runtime, 1, "gold")


async def test_a_redis_that_hangs_or_dies_stops_nobody(limited: Stack) -> None:
    key, answers = await counted(limited, 80)
    assert Counter(one.status_code for one in answers)[429] == 20
    limited.send("redis", signal.SIGSTOP)
    try:
        answers = await send(limited, key, 40)
        assert {answer.status_code for answer in answers} == {200}, "no answer from Redis is a yes"
        for _ in range(10):
            assert {answer.status_code for answer in await send(limited, key, 5)} == {200}
    finally:
        limited.send("redis", signal.SIGCONT)
    limited.kill_and_wait("redis")
    assert {answer.status_code for answer in await send(limited, key, 1)} <= {200, 429}


async def test_only_one_asks_a_hanging_redis_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are answered at once: who waits for it in vain is counted as a failure."""
    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    ticks = Ticks()
    monkeypatch.setattr("backend.limits.time", SimpleNamespace(monotonic=ticks))
    [port] = free_ports(1)
    async with await asyncio.start_server(never, "127.0.0.1", port):
        limiter, rules = Limiter(f"redis://127.0.0.1:{port}", 0.2), (Rule("all", 1, HOUR, 37),)
        failures = []
        for _ in range(3):
            said = await asyncio.gather(*(limiter.take(1, rules, 0, f"r{n}") for n in range(20)))
            assert said == [None] * 20
            failures.append(limiter.failures)
            assert [await limiter.take(1, rules, 0, "r") for _ in range(20)] == [None] * 20
            assert limiter.failures == failures[-1], "nobody asks for a second"
            ticks.at += limits.AWAY_SECONDS
        await limiter.close()
    assert failures == [20, 21, 22]
