"""Idempotency keys as they are given: what can be one, and what tells two requests under one key apart."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from backend.context import Key
from backend.errors import InvalidRequest
from backend.fields import forms
from backend.fields.card_numbers import refuse_card_number

LENGTH_MAX = 255


def given(text: str | None) -> str | None:
    """The key that a request brings, if any; raises InvalidRequest for what cannot be one."""
    if text is None:
        return None
    if not 1 <= len(text) <= LENGTH_MAX:
        raise InvalidRequest(f"Idempotency keys must have between 1 and {LENGTH_MAX} characters; this one has "
                             f"{len(text)}.", code="idempotency_key_invalid", param="Idempotency-Key")
    refuse_card_number(text, "Idempotency-Key")
    return text


def of(text: str, method: str, path: str, raw: bytes, params: Mapping[str, Any] | None, expand: Any, *,
       shopper: bool) -> Key:
    """The key of a request with its fingerprint: of its checked parameters, or of its bytes where those are None."""
    place = f"{method}\n{path}\n".encode()
    former = sha256(place + forms.in_order(raw)).digest()
    digest = former if params is None else sha256(place + forms.canonical(params, expand)).digest()
    # shoppers have names of their own for each payment: they can neither hear nor use up the merchant's keys
    own = f"shopper-{sha256((path + text).encode()).hexdigest()}" if shopper else text
    return Key(own, digest, text, former)
