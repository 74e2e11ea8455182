"""Whose card it will be: the environment behind a checkout session."""

from typing import Any

from backend.cards import sql
from backend.db import Database


async def of_environment(db: Database, env: int) -> dict[str, Any] | None:
    """The account and the mode of an environment, or None."""
    return await sql.environment(db, env)
