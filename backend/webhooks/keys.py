"""Endpoint secrets at rest: sealed under the key file `webhook`, bound to their environment and endpoint.

They must be readable again, for every delivery is signed with them; a dump of the database alone gives none away.
"""

from datetime import datetime
from typing import Any

from backend import crypto
from backend.context import Runtime

KEY_NAME = "webhook"


def seal(runtime: Runtime, env: int, endpoint_id: str, secret: str) -> str:
    """The secret as base64 of nonce and ciphertext."""
    return crypto.seal(runtime.settings.secret(KEY_NAME), secret, f"{env}|{endpoint_id}")


def active(runtime: Runtime, env: int, endpoint_id: str, stored: list[dict[str, Any]], now: datetime) -> list[str]:
    """The secrets in force, newest first. Raises cryptography's InvalidTag when a ciphertext was moved or changed."""
    key, bound = runtime.settings.secret(KEY_NAME), f"{env}|{endpoint_id}"
    return [crypto.unseal(key, entry["sealed"], bound) for entry in stored
            if entry["expires_at"] is None or datetime.fromisoformat(entry["expires_at"]) > now]
