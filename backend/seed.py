"""The demo account: a merchant with a test environment, a pair of keys and a portal login."""

import json
import os
import secrets
from pathlib import Path
from typing import Any

from backend.accounts import api_keys, environments, members
from backend.config import Settings
from backend.db import Connection, Database

ACCOUNT_NAME = "Wren & Sons"
PORTAL_EMAIL = "demo@farthing.test"
_FIELDS = ("account", "publishable_key", "secret_key", "portal_email", "portal_password")


async def run(settings: Settings) -> dict[str, Any]:
    """Make the demo account, or return the one that `{data}/sandbox.json` remembers if the database still has it.

    Keys are stored as hashes only, so a data folder whose sandbox.json is gone gets fresh keys for the same account.
    """
    db = Database(settings.app_database_url, pool_size=2, name="farthing-seed")
    await db.open()
    try:
        kept = _kept(settings.data / "sandbox.json")
        async with db.everywhere(actor="seed") as tx:
            if kept and await api_keys.exists(tx, kept["secret_key"]):
                return kept
            return await _make(tx)
    finally:
        await db.close()


def _kept(path: Path) -> dict[str, Any] | None:
    """What an earlier start wrote; a torn or foreign file counts as none."""
    try:
        found = json.loads(path.read_text())
        return {name: found[name] for name in _FIELDS}
    except (OSError, ValueError, KeyError, TypeError):
        return None


async def _make(tx: Connection) -> dict[str, Any]:
    password = os.environ.get("PORTAL_PASSWORD") or secrets.token_urlsafe(12)
    account = await members.account_of(tx, PORTAL_EMAIL)
    if account is None:
        account = await environments.create_account(tx, ACCOUNT_NAME)
        env = await environments.create(tx, account, "test")
        await members.create(tx, account, PORTAL_EMAIL, password, "Demo")
    else:
        env = await environments.find_test(tx, account)
        await members.set_password(tx, PORTAL_EMAIL, password)
    return {"account": account,
            "publishable_key": await api_keys.create(tx, env, "publishable", name="Demo publishable key"),
            "secret_key": await api_keys.create(tx, env, "secret", name="Demo secret key"),
            "portal_email": PORTAL_EMAIL, "portal_password": password}
