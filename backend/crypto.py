"""Small keyed-hash tools: API-key hashes, network keys, signed tokens. The vault's encryption lives in `cards/`."""

import base64
import hashlib
import hmac
import os
import time

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


def sha256(text: str) -> bytes:
    """Plain SHA-256: enough for texts with at least 112 bits of chance, such as API keys."""
    return hashlib.sha256(text.encode()).digest()


def same(left: str, right: str) -> bool:
    """Equality in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())


def mac(key: bytes, *parts: object) -> str:
    """Hex HMAC-SHA-256 over the parts, each delimited, so that ("ab", "c") differs from ("a", "bc")."""
    text = "\x1f".join(str(part) for part in parts)
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def network_key(key: bytes, env: int, object_id: str, operation: str, number: int) -> str:
    """Our reference for one attempt: the same after any crash, never the client's key (money rule 2)."""
    return mac(key, env, object_id, operation, number)


def sign_token(key: bytes, subject: str, lifetime_seconds: int) -> str:
    """A one-purpose token `subject.expiry.mac`; the subject must not contain a dot."""
    expires = int(time.time()) + lifetime_seconds
    return f"{subject}.{expires}.{mac(key, subject, expires)[:43]}"


def open_token(key: bytes, token: str) -> str | None:
    """The subject of a token that is ours and not expired, else None."""
    subject, _, rest = token.partition(".")
    expires, _, given = rest.partition(".")
    if not (expires.isascii() and expires.isdigit() and len(expires) <= 12):
        return None
    if not same(given, mac(key, subject, int(expires))[:43]):
        return None
    return subject if int(expires) >= time.time() else None


def seal(key: bytes, text: str, bound: str) -> str:
    """AES-256-GCM as base64 of nonce and ciphertext; `bound` says where it belongs and must be told to open it."""
    nonce = os.urandom(_NONCE_BYTES)
    return b64(nonce + AESGCM(key).encrypt(nonce, text.encode(), bound.encode()))


def unseal(key: bytes, sealed: str, bound: str) -> str:
    """The text of `seal`; raises cryptography's InvalidTag when it was changed or moved."""
    raw = base64.b64decode(sealed)
    return AESGCM(key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], bound.encode()).decode()


def b64(data: bytes) -> str:
    """Standard base64 as text."""
    return base64.b64encode(data).decode()
