"""Metadata after an update; pure. Source: reference contract section 8."""

from typing import Any

from backend.errors import InvalidRequest

METADATA_MAX = 50


def merged(old: dict[str, str], given: Any) -> dict[str, str]:
    """Metadata after an update: an empty value deletes its key, an empty text deletes all, None changes nothing."""
    if given is None:
        return old
    if given == "":
        return {}
    new = {key: value for key, value in {**old, **given}.items() if value != ""}
    if len(new) > METADATA_MAX:
        raise InvalidRequest(f"Metadata can have at most {METADATA_MAX} keys.", code="parameter_invalid_hash",
                             param="metadata")
    return new
