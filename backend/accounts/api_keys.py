"""API keys: 256 random bits, of which the SHA-256, the prefix and the last four are kept."""

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

import orjson

from backend import ids
from backend.accounts import permissions as rights
from backend.accounts import rows, sql
from backend.context import Environment, Runtime
from backend.crypto import sha256
from backend.db import Connection, Database
from backend.errors import InvalidRequest, NotFound

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CACHE_SECONDS = 2.0
_CACHE_MAX = 10_000
_PREFIXES = {"secret": "sk", "publishable": "pk", "restricted": "rk"}
KINDS = tuple(_PREFIXES)
ADDRESSES_MAX = 50
GRACES = {"now": timedelta(), "1h": timedelta(hours=1), "24h": timedelta(hours=24), "7d": timedelta(days=7)}
"""How long a rolled key may still be used."""


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
    permissions: Mapping[str, str] = field(default_factory=dict)
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    api_version: str | None = None
    rate_tier: str | None = None

    @property
    def environment(self) -> Environment:
        """Where its requests act."""
        return Environment(self.env, self.account_id, self.account_name, self.livemode)

    def admits(self, ip: str) -> bool:
        """May the key be used from this address?"""
        if not self.networks:
            return True
        try:
            address = ip_address(ip)
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None) or address
        return any(mapped in network for network in self.networks)


def generate(kind: str, livemode: bool) -> str:
    """A fresh key text, such as `sk_test_…`: 43 characters of base 62 hold 256 bits."""
    prefix = f"{_PREFIXES[kind]}_{'live' if livemode else 'test'}_"
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(43))


def networks(given: Sequence[str]) -> list[str]:
    """Addresses and networks in their usual spelling; raises InvalidRequest for what is neither."""
    if len(given) > ADDRESSES_MAX:
        raise InvalidRequest(f"A key can have at most {ADDRESSES_MAX} addresses.", param="allowed_ips")
    try:
        return [str(ip_network(one.strip(), strict=False)) for one in given]
    except ValueError as error:
        raise InvalidRequest("Write addresses as 203.0.113.7 or 203.0.113.0/24, IPv6 alike; this is neither: "
                             f"{str(error)[:80]}.", param="allowed_ips") from error


async def create(tx: Connection, env: int, kind: str, *, livemode: bool = False, name: str = "",
                 permissions: Mapping[str, str] | None = None, allowed_ips: Sequence[str] = (),
                 expires_at: datetime | None = None) -> str:
    """Make a key and return its text, of which the hash is stored; `kept_keys` may keep a copy of a test key."""
    return (await make(tx, env, kind, livemode, name, permissions or {}, allowed_ips, expires_at))[0]


async def make(tx: Connection, env: int, kind: str, livemode: bool, name: str, permissions: Mapping[str, str],
               allowed_ips: Sequence[str], expires_at: datetime | None = None) -> tuple[str, str]:
    """(text, id) of a new key, which opens nothing from `expires_at` on. Raises InvalidRequest."""
    if kind not in KINDS:
        raise InvalidRequest(f"There is no kind of key {kind[:40]}: choose one of {', '.join(KINDS)}.", param="kind")
    granted = rights.checked(permissions)
    if kind == "restricted" and not granted:
        raise InvalidRequest("A restricted key needs at least one permission.", param="permissions")
    key, id = generate(kind, livemode), ids.new("mk", env)
    await _bind(tx, env)
    await tx.execute(sql.KEY_INSERT, {
        "id": id, "env": env, "kind": kind, "name": name[:100], "hash": sha256(key), "prefix": key[:8],
        "last4": key[-4:], "permissions": orjson.dumps(granted if kind == "restricted" else {}).decode(),
        "allowed_ips": networks(allowed_ips), "expires_at": expires_at})
    return key, id


async def _bind(tx: Connection, env: int) -> None:
    """Keys stand behind the tenant's wall, too."""
    await tx.execute(sql.KEY_BIND, {"env": str(env)})


async def exists(tx: Connection, key: str) -> bool:
    """True when this key text opens something."""
    found = await tx.execute(sql.KEY_EXISTS, {"hash": sha256(key)})
    return bool(found.scalar())


async def find(tx: Connection, env: int, now: datetime) -> list[dict[str, Any]]:
    """The keys of an environment, good ones first, without their texts; expired ones for 30 days."""
    await _bind(tx, env)
    return [dict(row) for row in (await tx.execute(sql.KEY_LIST, {"env": env, "now": now})).mappings()]


async def get(tx: Connection, env: int, id: str, now: datetime, *, lock: bool = False) -> dict[str, Any]:
    """One key; raises NotFound."""
    await _bind(tx, env)
    statement = sql.KEY_LOCK if lock else sql.KEY_GET
    row = (await tx.execute(statement, {"env": env, "id": id, "now": now})).mappings().first()
    if row is None:
        raise NotFound("key", id)
    return dict(row)


async def update(tx: Connection, env: int, id: str, now: datetime, *, name: str, permissions: Mapping[str, str],
                 allowed_ips: Sequence[str]) -> None:
    """Change a key's name, addresses and, of a restricted one, what it may do."""
    key = await get(tx, env, id, now, lock=True)
    granted = rights.checked(permissions) if key["kind"] == "restricted" else {}
    if key["kind"] == "restricted" and not granted:
        raise InvalidRequest("A restricted key needs at least one permission.", param="permissions")
    await tx.execute(sql.KEY_UPDATE, {"env": env, "id": id, "name": name[:100], "allowed_ips": networks(allowed_ips),
                                      "permissions": orjson.dumps(granted).decode()})


async def roll(tx: Connection, env: int, id: str, now: datetime, grace: timedelta, *, livemode: bool) -> str:
    """A new key with the rights and the end of an old one, which opens nothing after `grace`; returns the new text."""
    old = await get(tx, env, id, now, lock=True)
    if old["rolled_to"] or old["expired"]:
        raise InvalidRequest("This key was rolled, was revoked or has expired: roll the key that replaced it.",
                             param="id")
    key, new = await make(tx, env, old["kind"], livemode, old["name"], old["permissions"], old["allowed_ips"],
                          old["expires_at"])
    await tx.execute(sql.KEY_EXPIRE, {"env": env, "id": id, "at": now + grace, "to": new})
    return key


async def expire(tx: Connection, env: int, key_id: str, at: datetime) -> None:
    """From `at` on the key opens nothing."""
    await _bind(tx, env)
    await tx.execute(sql.KEY_EXPIRE, {"env": env, "id": key_id, "at": at, "to": None})


async def used(runtime: Runtime, uses: Mapping[str, tuple[datetime, str]]) -> None:
    """Note when and from where keys were used last: {key id: (moment, address)}."""
    lines = [{"id": id, "at": at, "ip": ip} for id, (at, ip) in uses.items()]
    for line in lines:
        rows.USE.check(line)
    await runtime.db.execute(0, sql.KEY_USED, (orjson.dumps(lines).decode(),))


class Keyring:
    """Opens keys, remembering each for two seconds so that a busy client costs no lookup per request.

    An expired or rolled key therefore works for at most two seconds more on a process that saw it just before.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._seen: dict[bytes, tuple[float, Opened | None]] = {}

    async def open(self, key: str) -> Opened | None:
        """What the key opens, or None for a key that was never ours; expiry is the caller's to check."""
        digest, now = sha256(key), time.monotonic()
        cached = self._seen.get(digest)
        if cached and now - cached[0] < _CACHE_SECONDS:
            return cached[1]
        rows = await self._db.rows(0, sql.KEY_OPEN, (digest,))
        opened = _opened(rows[0]) if rows else None
        if len(self._seen) > _CACHE_MAX:
            self._seen.clear()
        self._seen[digest] = (now, opened)
        return opened


def _opened(row: dict[str, Any]) -> Opened:
    return Opened(**{name: value for name, value in row.items() if name != "allowed_ips"},
                  networks=tuple(ip_network(one) for one in row["allowed_ips"]))
