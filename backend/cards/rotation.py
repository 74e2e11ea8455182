"""Rotation: a new data key for an environment, every card and account moved under it, the old keys destroyed."""

from backend.cards import sql, tokens
from backend.cards.tokens import Safe


async def rotate(safe: Safe, env: int) -> int | None:
    """How many numbers of `env` were moved; None where there is no key yet, so nothing to rotate.

    May be stopped at any point: the next rotation, or `tokens.reseal`, moves what still lies under an old key.
    """
    if not await sql.keys(safe.db, env):
        return None
    await safe.keys.rotate(env)
    return await tokens.reseal(safe, env)
