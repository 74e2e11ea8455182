"""Rate limits by GCRA and places for requests at work, both counted in Redis by one script; open when it is away.

GCRA keeps one moment per limit: when the bucket would be empty again. It gives an exact rate with an exact burst and
needs neither windows nor clean-up. Redis holds nothing that matters (money rule 19): without it nobody is limited, and
a circuit breaker sees to it that nobody waits for it either.
"""

import asyncio
import time
from dataclasses import dataclass

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from backend.tiers import Rule

log = structlog.get_logger(__name__)

CONNECTIONS = 32
LEASE_SECONDS = 90
"""A place is given back by itself after this time: longer than any request, for those whose process was killed."""
AWAY_SECONDS = 1.0

_SCRIPT = """
local clock = redis.call('TIME')
local now, rules, places = clock[1] * 1000000 + clock[2], #KEYS - 1, tonumber(ARGV[1])
local empty, left = {}, {}
for n = 1, rules do
  local every, span = tonumber(ARGV[2 + 2 * n]), tonumber(ARGV[3 + 2 * n])
  local tat = math.max(tonumber(redis.call('GET', KEYS[n]) or now), now) + every
  if tat - span > now then return {n, tat - span - now, tat - every - now} end
  empty[n], left[n] = tat, {math.floor((span - (tat - now)) / every), tat - now}
end
local held = KEYS[rules + 1]
if places > 0 then
  redis.call('ZREMRANGEBYSCORE', held, '-inf', now - tonumber(ARGV[3]))
  if redis.call('ZCARD', held) >= places then return {rules + 1, 0, 0} end
  redis.call('ZADD', held, now, ARGV[2])
  redis.call('PEXPIRE', held, math.ceil(tonumber(ARGV[3]) / 1000))
end
for n = 1, rules do
  redis.call('SET', KEYS[n], string.format('%.0f', empty[n]), 'PX', math.ceil((empty[n] - now) / 1000))
end
return {0, left}
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the limits say. `rule` is the one that refused, or else the one that is nearest to it; None for places."""

    allowed: bool
    rule: Rule | None
    remaining: int = 0
    reset_seconds: float = 0.0
    wait_seconds: float = 0.0


class Limiter:
    """Asks Redis, for at most `wait_seconds`; answers None (that is, yes) when it cannot be asked."""

    def __init__(self, redis_url: str, wait_seconds: float) -> None:
        self._wait, self._away_until, self.failures = wait_seconds, 0.0, 0
        self._giving: set[asyncio.Task[None]] = set()
        self._redis: Redis | None = None
        if redis_url:
            pool = BlockingConnectionPool.from_url(redis_url, max_connections=CONNECTIONS, timeout=wait_seconds,
                                                   socket_connect_timeout=wait_seconds, retry=Retry(NoBackoff(), 0))
            self._redis = Redis(connection_pool=pool)
            self._ask = self._redis.register_script(_SCRIPT)

    async def close(self) -> None:
        """Let the connections go."""
        if self._redis:
            await asyncio.gather(*self._giving, return_exceptions=True)
            await self._redis.aclose()
            await self._redis.connection_pool.disconnect()

    async def take(self, env: int, rules: tuple[Rule, ...], places: int, id: str) -> Verdict | None:
        """Count one request of `env` against every rule and, when `places` are limited, give it one.

        What one rule refuses is counted against none.
        """
        if self._redis is None or time.monotonic() < self._away_until:
            return None
        keys = [f"limit:{{{env}}}:{rule.name}:{rule.seconds}" for rule in rules] + [f"limit:{{{env}}}:places"]
        spans = [(1_000_000 * rule.seconds // rule.limit, rule.burst) for rule in rules]
        args = [str(places), id, str(LEASE_SECONDS * 1_000_000)]
        args += [str(number) for every, burst in spans for number in (every, every * burst)]
        probing = self._away_until > 0
        if probing:  # one asks whether it is back, the others go on
            self._away_until = time.monotonic() + AWAY_SECONDS
        try:
            async with asyncio.timeout(self._wait):
                said = await self._ask(keys=keys, args=args)
        except (RedisError, OSError, TimeoutError) as error:
            self._fail(error)
            return None
        self._away_until = 0.0
        return _verdict(rules, said)

    def give(self, env: int, id: str) -> None:
        """Give a place back, without waiting for it."""
        if self._redis is not None and time.monotonic() >= self._away_until:
            task = asyncio.create_task(self._give(env, id))
            self._giving.add(task)
            task.add_done_callback(self._giving.discard)

    async def _give(self, env: int, id: str) -> None:
        assert self._redis is not None
        try:
            async with asyncio.timeout(max(self._wait, 1.0)):
                await self._redis.zrem(f"limit:{{{env}}}:places", id)
        except (RedisError, OSError, TimeoutError) as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        self.failures += 1
        if self._away_until == 0.0:
            log.warning("limits_open", error=type(error).__name__)
        self._away_until = time.monotonic() + AWAY_SECONDS


def _verdict(rules: tuple[Rule, ...], said: list[object]) -> Verdict:
    number = said[0]
    assert isinstance(number, int)
    if number > len(rules):
        return Verdict(False, None, wait_seconds=1.0)
    if number:
        wait, reset = said[1:3]
        assert isinstance(wait, int)
        assert isinstance(reset, int)
        return Verdict(False, rules[number - 1], 0, reset / 1e6, wait / 1e6)
    left = said[1]
    assert isinstance(left, list)
    if not rules:
        return Verdict(True, None)
    near = min(range(len(rules)), key=lambda n: left[n][0] / rules[n].burst)
    return Verdict(True, rules[near], left[near][0], left[near][1] / 1e6)
