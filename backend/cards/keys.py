"""Envelope keys: one key that encrypts keys (KEK) outside the database, data keys per environment and month in it.

    KEK (file; a PKCS#11 token later)  --wraps-->  data key (table vault.key)  --AES-256-GCM-->  card number

Every sealed text is bound to where it belongs by its associated data, so one that is copied or swapped to another
row, field, tenant or key does not open (security rule 16). A data key's life is pending -> active -> decrypt_only ->
destroyed; only an active one seals, and only active and decrypt_only ones open.
"""

import asyncio
import base64
import hashlib
import hmac
import os
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from backend import ids
from backend.cards import sql
from backend.clock import Clock
from backend.config import Settings
from backend.db import Database
from backend.errors import ApiError

NONCE_BYTES = 12
CRYPTO_PERIOD = timedelta(days=730)
"""How long after its birth a data key may still open cards; `retire_by` in the key inventory."""
CACHE_SECONDS = 300.0
"""How long a process trusts what it knows of a key before it looks at its state again."""


class KeyLost(Exception):
    """The key for a stored card is missing, destroyed, or sealed under a KEK that is not here."""


class Damaged(Exception):
    """A sealed text does not open: changed, cut, or moved from where it belongs."""


class KeyProvider(Protocol):
    """Wraps and unwraps data keys. `id` names the KEK without telling anything about it."""

    id: str

    def wrap(self, key: bytes, bound_to: str) -> bytes: ...

    def unwrap(self, wrapped: bytes, bound_to: str) -> bytes: ...


class FileKeyProvider:
    """The KEK as 32 bytes in a file of mode 0600 (`{data}/secrets/vault-kek.key`)."""

    def __init__(self, kek: bytes) -> None:
        if len(kek) != 32:
            raise ValueError("the key-encryption key must have exactly 32 bytes")
        self._cipher = AESGCM(kek)
        self.id = "file:" + hmac.new(kek, b"farthing key check value", hashlib.sha256).hexdigest()[:16]

    def __repr__(self) -> str:
        return f"FileKeyProvider({self.id})"

    def wrap(self, key: bytes, bound_to: str) -> bytes:
        return seal(self._cipher, key, bound_to)

    def unwrap(self, wrapped: bytes, bound_to: str) -> bytes:
        return unseal(self._cipher, wrapped, bound_to)


def provider(settings: Settings) -> KeyProvider:
    """The configured key provider; raises OSError or ValueError when its key is missing, open to others or cut."""
    return FileKeyProvider(settings.secret("vault-kek"))


def seal(cipher: AESGCM, plain: bytes, bound_to: str) -> bytes:
    """Nonce (96 random bits), ciphertext and tag in one text."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, plain, bound_to.encode())


def unseal(cipher: AESGCM, sealed: bytes, bound_to: str) -> bytes:
    """The plain text; raises Damaged when the text, its place or the key is not the one it was sealed with."""
    try:
        return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to.encode())
    except (InvalidTag, ValueError) as error:
        raise Damaged from error


@dataclass(frozen=True, slots=True)
class DataKey:
    """One unwrapped data key in memory."""

    env: int
    id: str
    month: date
    state: str
    cipher: AESGCM
    loaded_at: float

    def __repr__(self) -> str:
        return f"DataKey({self.id}, {self.state})"

    def seal(self, token: str, field: str, plain: bytes) -> bytes:
        return seal(self.cipher, plain, f"{self.env}|{token}|{field}|{self.id}")

    def open(self, token: str, field: str, sealed: bytes) -> bytes:
        return unseal(self.cipher, sealed, f"{self.env}|{token}|{field}|{self.id}")


class DataKeys:
    """The data keys that this process holds unwrapped, by environment."""

    def __init__(self, db: Database, provider: KeyProvider, clock: Clock) -> None:
        self._db, self._provider, self._clock = db, provider, clock
        self._active: dict[int, DataKey] = {}
        self._known: dict[tuple[int, str], DataKey] = {}
        self._making = asyncio.Lock()

    def forget(self) -> None:
        """Look at every key afresh; running processes do so by themselves after CACHE_SECONDS."""
        self._active.clear()
        self._known.clear()

    async def active(self, env: int) -> DataKey:
        """The key that seals new cards in `env`; a new month begins with a new one."""
        key = self._active.get(env)
        if key and _fresh(key) and key.month == self._month():
            return key
        async with self._making:
            found = await sql.key_active(self._db, env)
            if found is None or date.fromisoformat(found["month"]) != self._month():
                found = await self._activate(env, found["id"] if found else None)
            key = self._unwrapped(env, found)
            self._active[env] = self._known[env, key.id] = key
            return key

    async def get(self, env: int, id: str) -> DataKey:
        """The key that opens a stored card. Raises KeyLost."""
        key = self._known.get((env, id))
        if key and _fresh(key):
            return key
        found = await sql.key_get(self._db, env, id)
        if found is None or found["state"] not in ("active", "decrypt_only"):
            self._known.pop((env, id), None)
            raise KeyLost(f"data key {id} is {found['state'] if found else 'missing'}")
        key = self._known[env, id] = self._unwrapped(env, found)
        return key

    async def rotate(self, env: int) -> DataKey:
        """A new data key for `env` now, whatever the month; the old one only opens from here on."""
        async with self._making:
            old = await sql.key_active(self._db, env)
            found = await self._activate(env, old["id"] if old else None)
            key = self._unwrapped(env, found)
            self._active[env] = self._known[env, key.id] = key
            return key

    async def rewrap(self, env: int, old: KeyProvider) -> int:
        """Bring every data key of `env` that lies under the KEK `old` under the present one; how many there were."""
        done = 0
        for found in await sql.keys(self._db, env):
            if found["kek"] == old.id and found["state"] != "destroyed":
                bound_to = _place(env, found["id"])
                plain = old.unwrap(base64.b64decode(found["wrapped"]), bound_to)
                done += await sql.key_rewrap(self._db, env, found["id"], old.id,
                                             self._provider.wrap(plain, bound_to), self._provider.id)
        return done

    async def _activate(self, env: int, unless: str | None) -> dict[str, Any]:
        id = ids.new("dek", env)
        wrapped = self._provider.wrap(secrets.token_bytes(32), _place(env, id))
        return await sql.key_activate(self._db, env, id, self._month(), wrapped, self._provider.id,
                                      self._clock.now() + CRYPTO_PERIOD, unless)

    def _unwrapped(self, env: int, found: dict[str, Any]) -> DataKey:
        if found["kek"] != self._provider.id:
            raise KeyLost(f"data key {found['id']} lies under the KEK {found['kek']}, and {self._provider.id} is here")
        plain = self._provider.unwrap(base64.b64decode(found["wrapped"]), _place(env, found["id"]))
        return DataKey(env, found["id"], date.fromisoformat(found["month"]), found["state"], AESGCM(plain),
                       time.monotonic())

    def _month(self) -> date:
        return self._clock.now().astimezone(UTC).date().replace(day=1)


def unreadable() -> ApiError:
    """What a caller is told of a KeyLost or Damaged; the log has the reason."""
    return ApiError("The stored card could not be opened; the operator of this instance has been alerted.",
                    code="card_unreadable", retry=False)


def _place(env: int, id: str) -> str:
    return f"{env}|{id}|dek"


def _fresh(key: DataKey) -> bool:
    return time.monotonic() - key.loaded_at < CACHE_SECONDS

