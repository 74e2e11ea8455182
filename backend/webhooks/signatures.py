"""Signatures of a delivery: Stripe's header and the three of Standard Webhooks; pure.

Both sign the bytes that are sent. Stripe's secret is the whole text `whsec_…`, that of Standard Webhooks the bytes
behind its base64, so one secret serves both. Source: reference contract section 10; standardwebhooks.com 1.0.
"""

import base64
import hashlib
import hmac
import secrets
import string
from collections.abc import Sequence

PREFIX = "whsec_"
_ALPHABET = string.ascii_letters + string.digits


def generate() -> str:
    """A fresh secret: `whsec_` and 44 letters and digits, 262 bits of chance.

    Any 44 of them are base64 of 33 bytes without padding, so it is one secret for both schemes; `+`, `/` and `=` never
    stand in it, for scripts that cut it out of a text as one word.
    """
    return PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(44))


def stripe(keys: Sequence[str], timestamp: int, body: bytes, *, livemode: bool) -> str:
    """`t=…,v1=…`, one v1 for each secret in force; in test mode a v0 that no receiver may accept."""
    signed = str(timestamp).encode() + b"." + body
    parts = [f"t={timestamp}", *(f"v1={hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()}" for key in keys)]
    if not livemode:
        parts.append(f"v0={hashlib.sha256(b'not a signature' + signed).hexdigest()}")
    return ",".join(parts)


def standard(keys: Sequence[str], message_id: str, timestamp: int, body: bytes) -> str:
    """`v1,<base64>`, one for each secret in force, separated by blanks."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return " ".join("v1," + base64.b64encode(
        hmac.new(base64.b64decode(key.removeprefix(PREFIX)), signed, hashlib.sha256).digest()).decode()
        for key in keys)


def headers(keys: Sequence[str], event_id: str, timestamp: int, body: bytes, *, livemode: bool,
            both: bool) -> dict[str, str]:
    """All signature headers of one attempt; `both` adds those of Standard Webhooks."""
    signed = {"Stripe-Signature": stripe(keys, timestamp, body, livemode=livemode)}
    if both:
        signed |= {"webhook-id": event_id, "webhook-timestamp": str(timestamp),
                   "webhook-signature": standard(keys, event_id, timestamp, body)}
    return signed
