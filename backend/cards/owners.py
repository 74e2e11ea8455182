"""Whose card it will be: the environment behind an API key or behind a checkout session."""

from typing import Any

from backend.cards import sql
from backend.crypto import sha256
from backend.db import Database

_KEY_PREFIXES = ("pk_", "sk_")


async def of_key(db: Database, key: str) -> dict[str, Any] | None:
    """What an API key opens (env, account_id, kind, livemode, expires_at), or None."""
    return await sql.api_key_find(db, sha256(key)) if key.startswith(_KEY_PREFIXES) else None


async def of_environment(db: Database, env: int) -> dict[str, Any] | None:
    """The account and the mode of an environment, or None."""
    return await sql.environment(db, env)
