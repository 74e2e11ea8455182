"""Endpoint secrets at rest: AES-256-GCM under the key file `webhook`, bound to their environment and endpoint.

They must be readable again, for every delivery is signed with them; a dump of the database alone gives none away.
"""

import base64
import os
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from backend.context import Runtime

KEY_NAME = "webhook"
_NONCE_BYTES = 12


def seal(runtime: Runtime, env: int, endpoint_id: str, secret: str) -> str:
    """The secret as base64 of nonce and ciphertext."""
    nonce = os.urandom(_NONCE_BYTES)
    sealed = AESGCM(runtime.settings.secret(KEY_NAME)).encrypt(nonce, secret.encode(), _bound(env, endpoint_id))
    return base64.b64encode(nonce + sealed).decode()


def active(runtime: Runtime, env: int, endpoint_id: str, stored: list[dict[str, Any]], now: datetime) -> list[str]:
    """The secrets in force, newest first. Raises cryptography's InvalidTag when a ciphertext was moved or changed."""
    cipher = AESGCM(runtime.settings.secret(KEY_NAME))
    found = []
    for entry in stored:
        if entry["expires_at"] is None or datetime.fromisoformat(entry["expires_at"]) > now:
            raw = base64.b64decode(entry["sealed"])
            opened = cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _bound(env, endpoint_id))
            found.append(opened.decode())
    return found


def _bound(env: int, endpoint_id: str) -> bytes:
    return f"{env}|{endpoint_id}".encode()
