"""The types of parameters that hold others: hashes, lists, maps; unknown names are refused with a suggestion.

Source: reference contract sections 5, 6 and 8.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rapidfuzz import fuzz, process

from backend.errors import InvalidRequest, missing, unknown
from backend.fields.card_numbers import refuse_card_number
from backend.fields.types import NEAR_MAX, Integer, Text, Type, bad, value_of

_INDEX = re.compile(r"[0-9]{1,9}\Z")
_YEAR_3000 = 32_503_680_000
_BOUNDS = {"gte": ("gte", 0), "gt": ("gte", 1), "lt": ("lt", 0), "lte": ("lt", 1)}


@dataclass(frozen=True, slots=True)
class Metadata:
    """At most 50 keys of at most 40 characters with values of at most 500; an empty text unsets."""

    required: bool = False
    unset: bool = True

    def parse(self, value: Any, path: str) -> Any:
        if value == "":
            return ""
        if not isinstance(value, dict):
            raise bad(path, f"Invalid hash: {path} must be a hash of keys and values.", "parameter_invalid_hash")
        if len(value) > 50:
            raise bad(path, "Metadata can have at most 50 keys.", "parameter_invalid_hash")
        for key, text in value.items():
            if len(key) > 40:
                raise bad(f"{path}[{key[:40]}]", "Metadata keys can be at most 40 characters.",
                           "parameter_invalid_string_length")
            Text(unset=True).parse(key, path)
            Text(max=500, unset=True).parse(text, f"{path}[{key}]")
        return value

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "object", "maxProperties": 50, "additionalProperties": {
            "type": "string", "maxLength": 500}, "propertyNames": {"maxLength": 40}}, {"const": ""}]}


@dataclass(frozen=True, slots=True)
class Hash:
    """Named fields, each with a type; unknown fields are refused."""

    fields: Mapping[str, Type]
    required: bool = False
    unset: bool = False

    def parse(self, value: Any, path: str) -> Any:
        if value == "" and self.unset:
            return ""
        if not isinstance(value, dict):
            first = next(iter(self.fields), "name")
            raise bad(path, f"Invalid hash: {path} must be a hash, such as {path}[{first}]=….",
                       "parameter_invalid_hash")
        return parse(value, self.fields, path)

    def schema(self) -> dict[str, Any]:
        hash = schema_of(self.fields)
        return {"anyOf": [hash, {"const": ""}]} if self.unset else hash


@dataclass(frozen=True, slots=True)
class Array:
    """A list whose entries all have one type."""

    item: Type
    max: int = 100
    required: bool = False
    unset: bool = False

    def parse(self, value: Any, path: str) -> list[Any]:
        if value == "":
            return []
        if not isinstance(value, dict) or not all(_INDEX.match(key) for key in value):
            raise bad(path, f"Invalid array: {path} must be a list, such as {path}[0]=….", "parameter_invalid_array")
        if len(value) > self.max:
            raise bad(path, f"{path} can have at most {self.max} entries.", "parameter_invalid_array")
        ordered = sorted(value.items(), key=lambda entry: int(entry[0]))
        return [value_of(self.item, entry, f"{path}[{index}]") for index, (_, entry) in enumerate(ordered)]

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": self.item.schema(), "maxItems": self.max}


@dataclass(frozen=True, slots=True)
class Either:
    """A plain value or a hash, as `created=1700000000` and `created[gte]=1700000000`."""

    plain: Type
    hash: Type
    required: bool = False
    unset: bool = False

    def parse(self, value: Any, path: str) -> Any:
        return (self.hash if isinstance(value, dict) else self.plain).parse(value, path)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [self.plain.schema(), self.hash.schema()]}


@dataclass(frozen=True, slots=True)
class Range:
    """Whole seconds as `created=1700000000` or `created[gte]=…`; the value is the half-open {gte, lt} as moments."""

    required: bool = False
    unset: bool = False

    def parse(self, value: Any, path: str) -> dict[str, datetime]:
        seconds = Integer(max=_YEAR_3000)
        given = parse(value, dict.fromkeys(_BOUNDS, seconds), path) if isinstance(value, dict) else \
            dict.fromkeys(("gte", "lte"), seconds.parse(value, path))
        ends: dict[str, list[int]] = {"gte": [], "lt": []}
        for name, second in given.items():
            end, shift = _BOUNDS[name]
            ends[end].append(second + shift)
        moments = {"gte": max(ends["gte"], default=None), "lt": min(ends["lt"], default=None)}
        return {end: datetime.fromtimestamp(second, UTC) for end, second in moments.items() if second is not None}

    def schema(self) -> dict[str, Any]:
        whole = {"type": "integer", "minimum": 0, "maximum": _YEAR_3000}
        return {"anyOf": [whole, {"type": "object", "additionalProperties": False,
                                  "properties": dict.fromkeys(_BOUNDS, whole)}]}


@dataclass(frozen=True, slots=True)
class Raw:
    """Kept as it came; used where the handler gives a better answer than a type can."""

    required: bool = False
    unset: bool = True

    def parse(self, value: Any, path: str) -> Any:
        return value

    def schema(self) -> dict[str, Any]:
        return {}


@dataclass(frozen=True, slots=True)
class Map:
    """A hash whose names are data, such as currencies, all of one type; `key` checks the names."""

    item: Type
    key: Type | None = None
    max: int = 100
    required: bool = False
    unset: bool = False

    def parse(self, value: Any, path: str) -> Any:
        if value == "" and self.unset:
            return ""
        if not isinstance(value, dict):
            raise bad(path, f"Invalid hash: {path} must be a hash, such as {path}[name]=….", "parameter_invalid_hash")
        if len(value) > self.max:
            raise bad(path, f"{path} can have at most {self.max} entries.", "parameter_invalid_hash")
        return {self.key.parse(name, f"{path}[{name[:40]}]") if self.key else name:
                value_of(self.item, one, f"{path}[{name[:40]}]") for name, one in value.items()}

    def schema(self) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": self.item.schema(), "maxProperties": self.max}


@dataclass(frozen=True, slots=True)
class Unset:
    """Another type, or an empty text that clears the value."""

    type: Type
    required: bool = False
    unset: bool = True

    def parse(self, value: Any, path: str) -> Any:
        return "" if value == "" else self.type.parse(value, path)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [self.type.schema(), {"const": ""}]}


def parse(tree: dict[str, Any], fields: Mapping[str, Type], path: str) -> dict[str, Any]:
    """The values of `tree`, each by its type; raises InvalidRequest for the first that is unknown, missing or bad."""
    values: dict[str, Any] = {}
    for name, value in tree.items():
        here = f"{path}[{name}]" if path else name
        kind = fields.get(name)
        if kind is None:
            raise _unknown(here, name, fields)
        values[name] = value_of(kind, value, here)
    for name, kind in fields.items():
        if kind.required and name not in values:
            raise missing(f"{path}[{name}]" if path else name)
    return values


def _unknown(here: str, name: str, fields: Mapping[str, Type]) -> InvalidRequest:
    near = process.extractOne(name[:NEAR_MAX], list(fields), scorer=fuzz.ratio, score_cutoff=60)
    hint = f"Did you mean {here.removesuffix(name + ']') + near[0] + ']' if here.endswith(']') else near[0]}?" \
        if near else ""
    refuse_card_number(name[:1000], "(parameter name)")
    return unknown(here[:200], hint)


def schema_of(fields: Mapping[str, Type]) -> dict[str, Any]:
    """The JSON Schema of a hash with these fields."""
    required = [name for name, kind in fields.items() if kind.required]
    return {"type": "object", "properties": {name: kind.schema() for name, kind in fields.items()},
            "additionalProperties": False, **({"required": required} if required else {})}

