"""The demo: two ordinary merchants, each with a test environment, a pair of keys and a portal login of its own."""

import json
import os
import secrets
from pathlib import Path
from typing import Any

from backend.accounts import accounts, api_keys, environments, kept_keys, members
from backend.config import Settings
from backend.db import Connection, Database

MERCHANTS = (("Wren & Sons", "demo@farthing.test"), ("Otter & Quill", "quill@farthing.test"))
"""Name and login. Two, so that everybody can see that nothing of one is ever shown to the other."""
FIELDS = ("account", "publishable_key", "secret_key", "portal_email", "portal_password")
SECOND = "second_merchant"
"""Where sandbox.json keeps the fields of the second; those of the first stand at its top."""


async def run(settings: Settings) -> dict[str, Any]:
    """Make the demo merchants, or return those that `{data}/sandbox.json` remembers if the database still has them.

    A data folder whose sandbox.json is gone gets fresh keys for the same accounts.
    """
    db = Database(settings.app_database_url, pool_size=2, name="farthing-seed")
    await db.open()
    try:
        kept = _kept(settings.data / "sandbox.json")
        async with db.everywhere(actor="seed") as tx:
            first, second = [await _there(tx, settings, *one, kept=had) for one, had in
                             zip(MERCHANTS, (kept, kept.get(SECOND)), strict=True)]
        return {**first, SECOND: {"name": MERCHANTS[1][0], **second}}
    finally:
        await db.close()


def _kept(path: Path) -> dict[str, Any]:
    """What an earlier start wrote; a torn or foreign file counts as nothing."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


async def _there(tx: Connection, settings: Settings, name: str, email: str, *, kept: Any) -> dict[str, str]:
    """The fields of one merchant: as `kept` has them, when they still open something, else made."""
    had = {field: kept[field] for field in FIELDS if isinstance(kept.get(field), str)} if isinstance(kept, dict) else {}
    if len(had) == len(FIELDS) and await api_keys.exists(tx, had["secret_key"]):
        return had
    return await _make(tx, settings, name, email)


async def _make(tx: Connection, settings: Settings, name: str, email: str) -> dict[str, str]:
    password = os.environ.get("PORTAL_PASSWORD") or secrets.token_urlsafe(12)
    account = await members.account_of(tx, email)
    if account is None:
        account = await accounts.create(tx, name)
        await members.create(tx, account, email, password, "Demo")
    else:
        await members.set_password(tx, email, password)
    env = await environments.find_test(tx, account)
    keys = {f"{kind}_key": await api_keys.create(tx, env, kind, name=f"Demo {kind} key")
            for kind in ("publishable", "secret")}
    for key in keys.values():
        await kept_keys.keep(tx, settings, env, key)
    return {"account": account, **keys, "portal_email": email, "portal_password": password}
