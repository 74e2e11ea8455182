"""Form bodies in: flat bracket names, each known, each once. Source: reference contract section 5."""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl

import orjson
from rapidfuzz import process

from backend.cards import numbers
from backend.errors import InvalidRequest
from vault.substitutes import FORM, JSON, named

PAIRS_MAX = 1000
METADATA_KEYS_MAX, METADATA_KEY_MAX, METADATA_VALUE_MAX = 50, 40, 500
TEXT_MAX = 5000
_METADATA = re.compile(r"metadata\[([^\[\]]+)\]")
_INTEGER = re.compile(r"[0-9]{1,9}")
_EXPAND = re.compile(r"expand\[[0-9]*\]")


def read(body: bytes, content_type: str, known: Iterable[str], *, metadata: bool = False,
         expandable: bool = False) -> dict[str, str]:
    """Name -> value of a form body. Raises InvalidRequest for anything that is not known or comes twice."""
    pairs = _pairs(body, content_type)
    names, found = list(known), {}
    for name, value in pairs:
        if (metadata or expandable) and _EXPAND.fullmatch(name):
            continue
        if name not in names and not (metadata and _METADATA.fullmatch(name)):
            raise _unknown(name, names)
        if name in found:
            raise InvalidRequest(f"The parameter {name} was given more than once.", param=name)
        found[name] = value
    return found


def peek(body: bytes, content_type: str, name: str) -> str | None:
    """One parameter of a body that may be anything; None when it is not there."""
    try:
        return dict(_pairs(body, content_type)).get(name)
    except InvalidRequest:
        return None


def _pairs(body: bytes, content_type: str) -> list[tuple[str, str]]:
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in (FORM, JSON) and body:
        raise InvalidRequest("Send the parameters as application/x-www-form-urlencoded or application/json.")
    try:
        if kind == JSON:
            return named(orjson.loads(body or b"{}"))
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=PAIRS_MAX, errors="strict")
    except (ValueError, RecursionError):
        raise InvalidRequest("The body is not a valid form, or JSON, of at most 1,000 parameters.") from None


def required(found: Mapping[str, str], name: str) -> str:
    """The value of a parameter that must be there and not be empty."""
    if name not in found:
        raise InvalidRequest(f"Missing required param: {name}.", code="parameter_missing", param=name)
    if not found[name].strip():
        raise InvalidRequest(f"You passed an empty string for '{name}'.", code="parameter_invalid_empty", param=name)
    return found[name].strip()


def integer(found: Mapping[str, str], name: str) -> int:
    """A whole number without sign; the value itself is not echoed, for it may be card data typed too far left."""
    text = required(found, name)
    if not _INTEGER.fullmatch(text):
        raise InvalidRequest(f"Invalid integer for {name}.", code="parameter_invalid_integer", param=name)
    return int(text)


def choice(found: Mapping[str, str], name: str, allowed: Iterable[str], default: str) -> str:
    """One of a few words."""
    value = found.get(name, default)
    if value not in set(allowed):
        raise InvalidRequest(f"Invalid {name}: must be one of {', '.join(allowed)}", param=name)
    return value


def texts(found: Mapping[str, str], prefix: str, names: Iterable[str]) -> dict[str, str]:
    """The free texts under `prefix[…]`, each within bounds and without a card number in it (attack A12)."""
    return {name: _text(f"{prefix}[{name}]", found[f"{prefix}[{name}]"])
            for name in names if f"{prefix}[{name}]" in found}


def text(found: Mapping[str, str], name: str) -> str:
    """One optional free text, under the same rules."""
    return _text(name, found.get(name, ""))


def metadata(found: Mapping[str, str]) -> dict[str, str]:
    """The merchant's own keys and values; an empty value means none."""
    entries = {match[1]: found[name] for name in found if (match := _METADATA.fullmatch(name))}
    if len(entries) > METADATA_KEYS_MAX:
        raise InvalidRequest(f"Metadata can have at most {METADATA_KEYS_MAX} keys.", param="metadata")
    for key, value in entries.items():
        if len(key) > METADATA_KEY_MAX or len(value) > METADATA_VALUE_MAX:
            raise InvalidRequest(f"Metadata keys can have up to {METADATA_KEY_MAX} characters and values up to "
                                 f"{METADATA_VALUE_MAX}.", param="metadata")
        _text("metadata", key)
        _text("metadata", value)
    return {key: value for key, value in entries.items() if value}


def _text(name: str, value: str) -> str:
    if len(value) > TEXT_MAX:
        raise InvalidRequest(f"Invalid string: {name} must be at most {TEXT_MAX} characters", param=name)
    if "\x00" in value:
        raise InvalidRequest(f"Invalid string: {name} holds a null character", param=name)
    if numbers.inside(value):
        raise InvalidRequest(f"{name} seems to hold a card number; card numbers belong in card[number] only.",
                             param=name)
    return value.strip()


def _unknown(name: str, known: list[str]) -> InvalidRequest:
    shown = "" if numbers.inside(name) else name[:100]
    close = process.extractOne(shown, known, score_cutoff=75) if shown else None
    hint = f" Did you mean {close[0]}?" if close else ""
    return InvalidRequest(f"Received unknown parameter: {shown}.{hint}" if hint
                          else f"Received unknown parameter: {shown}", code="parameter_unknown", param=shown)
