"""API keys: 256 random bits, of which only the SHA-256, the prefix and the last four are kept."""

import secrets
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backend import ids
from backend.accounts import sql
from backend.context import Runtime
from backend.crypto import sha256
from backend.db import Connection

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CACHE_SECONDS = 2.0
_CACHE_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Opened:
    """What a good key opens."""

    env: int
    account_id: str
    account_name: str
    kind: str
    livemode: bool
    key_id: str
    expires_at: datetime | None


def generate(kind: str, livemode: bool) -> str:
    """A fresh key text, such as `sk_test_…`: 43 characters of base 62 hold 256 bits."""
    prefix = f"{'sk' if kind == 'secret' else 'pk'}_{'live' if livemode else 'test'}_"
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(43))


async def create(tx: Connection, env: int, kind: str, *, livemode: bool = False, name: str = "") -> str:
    """Make a key and return its text, which is shown once and never stored."""
    key = generate(kind, livemode)
    await tx.execute(sql.KEY_BIND, {"env": str(env)})  # keys stand behind the tenant's wall, too
    await tx.execute(sql.KEY_INSERT, {
        "id": ids.new("mk", env), "env": env, "kind": kind, "name": name, "hash": sha256(key),
        "prefix": key[:8], "last4": key[-4:]})
    return key


async def exists(tx: Connection, key: str) -> bool:
    """True when this key text opens something."""
    found = await tx.execute(sql.KEY_EXISTS, {"hash": sha256(key)})
    return bool(found.scalar())


async def find(tx: Connection, env: int) -> list[dict[str, Any]]:
    """The keys of an environment, oldest first, without their texts."""
    return [dict(row) for row in (await tx.execute(sql.KEY_LIST, {"env": env})).mappings()]


async def expire(tx: Connection, env: int, key_id: str, at: datetime) -> None:
    """From `at` on the key opens nothing."""
    await tx.execute(sql.KEY_EXPIRE, {"env": env, "id": key_id, "at": at})


class Keyring:
    """Opens keys, remembering each for two seconds so that a busy client costs no lookup per request.

    An expired or rolled key therefore works for at most two seconds more on a process that saw it just before.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._seen: dict[bytes, tuple[float, Opened | None]] = {}
        self._used: set[str] = set()
        self._noted = time.monotonic()

    async def open(self, key: str) -> Opened | None:
        """What the key opens, or None for a key that was never ours; expiry is the caller's to check."""
        digest, now = sha256(key), time.monotonic()
        cached = self._seen.get(digest)
        if cached and now - cached[0] < _CACHE_SECONDS:
            return cached[1]
        rows = await self._runtime.db.rows(0, sql.KEY_FIND, (digest,))
        opened = Opened(**rows[0]) if rows else None
        if len(self._seen) > _CACHE_MAX:
            self._seen.clear()
        self._seen[digest] = (now, opened)
        if opened:
            self._used.add(opened.key_id)
            await self._note_use(now)
        return opened

    async def _note_use(self, now: float) -> None:
        """Write `last_used_at` for all keys used in the last minute, in one statement."""
        if now - self._noted < 60:
            return
        self._noted, used = now, list(self._used)
        self._used.clear()
        await self._runtime.db.execute(0, sql.KEY_USED, (used,))
