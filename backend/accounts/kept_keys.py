"""Keys of test mode that can be shown again: a copy sealed under the key file `portal`, bound to its environment.

A key of live mode is never kept; a constraint of the table says so, too.
"""

from datetime import datetime

from backend import crypto
from backend.accounts import api_keys, sql
from backend.config import Settings
from backend.crypto import sha256
from backend.db import Connection
from backend.errors import InvalidRequest

KEY_NAME = "portal"


async def keep(tx: Connection, settings: Settings, env: int, key: str) -> None:
    """Keep a copy of a test key that was just made; does nothing for one of live mode."""
    if not key[3:].startswith("test_"):
        return
    await tx.execute(sql.KEY_KEEP, {"env": env, "hash": sha256(key), "sealed": crypto.seal(
        settings.secret(KEY_NAME), key, str(env))})


async def show(tx: Connection, settings: Settings, env: int, id: str, now: datetime) -> str:
    """The whole text of a test key, and a line of it in the audit trail.

    Raises NotFound, and InvalidRequest for a key that is not kept or opens nothing any more.
    """
    key = await api_keys.get(tx, env, id, now, lock=True)
    sealed = (await tx.execute(sql.KEY_SHOW, {"env": env, "id": id, "now": now})).scalar()
    if sealed is None:
        raise InvalidRequest("This key cannot be shown again: " + (
            "it has expired." if key["expired"] else "only keys of test mode made since this was possible can be."),
            param="id")
    return crypto.unseal(settings.secret(KEY_NAME), sealed, str(env))


async def own(tx: Connection, settings: Settings, env: int, now: datetime) -> str | None:
    """A secret key of this test environment for samples to be filled in with; None when none is kept."""
    await tx.execute(sql.KEY_BIND, {"env": str(env)})
    sealed = (await tx.execute(sql.KEY_OWN, {"env": env, "now": now})).scalar()
    return crypto.unseal(settings.secret(KEY_NAME), sealed, str(env)) if sealed else None
