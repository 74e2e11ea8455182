"""Requests that the vault hands on to the web process: where they came from, in words that nobody else can write."""

from collections.abc import Iterable, MutableMapping
from typing import Any

from backend.crypto import open_token, sign_token

HEADER = b"farthing-client"
_PURPOSE = "handed-on-"
_SECONDS = 60


def signed(secret: bytes, address: str) -> str:
    """The header's value: the client's address under the secret that only the vault and the web process have."""
    return sign_token(secret, _PURPOSE + address.encode().hex(), _SECONDS)


def place(secret: bytes, scope: MutableMapping[str, Any]) -> None:
    """Put the client of a request that was handed on into `scope`; a header that nobody of us signed means nothing."""
    given = [value for name, value in scope["headers"] if name == HEADER]
    if not given:
        return
    scope["headers"] = _without(scope["headers"])
    subject = open_token(secret, given[0].decode("latin-1")) or ""
    if len(given) == 1 and subject.startswith(_PURPOSE):
        scope["client"] = (bytes.fromhex(subject.removeprefix(_PURPOSE)).decode(), 0)


def _without(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in headers if name != HEADER]
