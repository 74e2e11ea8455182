"""Every statement of the vault: one function call, hence one round trip, each (0020_vault.sql)."""

from datetime import date, datetime
from typing import Any

import orjson

from backend.cards import rows
from backend.db import Database


async def key_active(db: Database, env: int) -> dict[str, Any] | None:
    """The data key that seals new cards, or None before the first."""
    found: dict[str, Any] | None = await db.call(env, "vault.key_active()")
    return found


async def key_get(db: Database, env: int, id: str) -> dict[str, Any] | None:
    """One data key in whatever state."""
    found: dict[str, Any] | None = await db.call(env, "vault.key_get(%s)", (id,))
    return found


async def key_activate(db: Database, env: int, id: str, month: date, wrapped: bytes, kek: str, retire_by: datetime,
                       unless: str | None) -> dict[str, Any]:
    """Put a new key to use unless another came first; the key that is active afterwards."""
    found: dict[str, Any] = await db.call(
        env, "vault.key_activate(%s, %s, %s, %s, %s, %s)", (id, month, wrapped, kek, retire_by, unless))
    return found


async def key_destroy(db: Database, env: int, id: str) -> bool:
    """Forget a decrypt_only key for good; False while a card still needs it."""
    return bool(await db.call(env, "vault.key_destroy(%s)", (id,)))


async def key_rewrap(db: Database, env: int, id: str, old_kek: str, wrapped: bytes, kek: str) -> bool:
    """The same key under another KEK; False when another process did it first."""
    return bool(await db.call(env, "vault.key_rewrap(%s, %s, %s, %s)", (id, old_kek, wrapped, kek)))


async def keys(db: Database, env: int) -> list[dict[str, Any]]:
    """All keys of one environment, oldest first."""
    found: list[dict[str, Any]] = await db.call(env, "vault.keys()")
    return found


async def card_keep(db: Database, env: int, token: str, key_id: str, sealed: bytes, facts: dict[str, Any]) -> bool:
    """Store one sealed card; False when its key was destroyed meanwhile."""
    rows.FACTS.check(facts)
    return bool(await db.call(env, "vault.card_keep(%s, %s, %s, %s::jsonb)",
                              (token, key_id, sealed, orjson.dumps(facts).decode())))


async def card_describe(db: Database, env: int, token: str) -> dict[str, Any] | None:
    """What may be shown of a card."""
    found: dict[str, Any] | None = await db.call(env, "vault.card_describe(%s)", (token,))
    return found


async def card_facts(db: Database, env: int, token: str) -> dict[str, Any] | None:
    """All of a card's row but its number: what a copy of it needs."""
    found: dict[str, Any] | None = await db.call(env, "vault.card_facts(%s)", (token,))
    return found


async def card_open(db: Database, env: int, token: str) -> list[str] | None:
    """Key id, sealed number (base64), expiry month, expiry year, postal code, address line 1."""
    found: list[str] | None = await db.ask(env, "vault.cards_open(%s, %s::jsonb)", token)
    return found


async def card_renew(db: Database, env: int, token: str, month: int, year: int) -> dict[str, Any] | None:
    """Set a card's expiry; what may be shown of it then."""
    found: dict[str, Any] | None = await db.call(env, "vault.card_renew(%s, %s, %s)", (token, month, year))
    return found


async def cards_under(db: Database, env: int, key_id: str, limit: int) -> list[tuple[str, str]]:
    """Some of the cards (token, sealed number in base64) that lie under one key."""
    found: list[tuple[str, str]] = await db.call(env, "vault.cards_under(%s, %s)", (key_id, limit))
    return found


async def card_reseal(db: Database, env: int, token: str, old_key: str, key_id: str, sealed: bytes) -> bool:
    """The same card under the active key; False when it moved already."""
    return bool(await db.call(env, "vault.card_reseal(%s, %s, %s, %s)", (token, old_key, key_id, sealed)))


async def environment(db: Database, env: int) -> dict[str, Any] | None:
    """The account and the mode of an environment."""
    found: dict[str, Any] | None = await db.call(env, "vault.environment(%s)", (env,))
    return found


async def environments(db: Database) -> list[int]:
    """Every environment there is, for work that goes over all keys."""
    found: list[int] = await db.call(0, "vault.environments()")
    return found


async def bank_keep(db: Database, env: int, token: str, key_id: str, account: str, sealed: bytes,
                    facts: dict[str, Any]) -> bool:
    """Store one sealed bank account; False when its key was destroyed meanwhile."""
    return bool(await db.call(env, "vault.bank_keep(%s, %s, %s, %s, %s::jsonb)",
                              (token, key_id, account, sealed, orjson.dumps(facts).decode())))


async def bank_open(db: Database, env: int, token: str) -> dict[str, Any] | None:
    """Key id, sealed number (base64) and facts."""
    found: dict[str, Any] | None = await db.call(env, "vault.bank_open(%s)", (token,))
    return found
