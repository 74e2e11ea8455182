"""What the command `farthing vault rotate` does: the vault's own verbs, beside a vault that runs or alone."""

from collections.abc import Sequence

from backend.cards import rotation
from backend.config import Settings
from vault import parts


async def rotate(settings: Settings, envs: Sequence[int]) -> dict[int, int]:
    """Rotate the data keys of these environments; {environment: numbers moved} of those that have keys.

    A vault that runs needs no stop: it looks at its keys afresh when one that it knew was destroyed.
    """
    own = parts.build(settings)
    try:
        await own.db.open()
        moved = {env: await rotation.rotate(own.safe, env) for env in envs}
    finally:
        await parts.close(own)
    return {env: count for env, count in moved.items() if count is not None}
