"""The tables of parameters walked: every place at which a request may put a value, and whole requests around it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from api.app import ROUTES
from api.endpoint import Endpoint
from api.uploads import File
from backend.fields.structures import Array, Either, Hash, Map, Metadata, Range, Raw, Unset
from backend.fields.tables import Table
from backend.fields.types import Amount, Boolean, Choice, Currency, Decimal, Email, Id, Integer, Text, Url

Path = tuple[str, ...]
ENDPOINTS: list[tuple[str, str, Endpoint]] = [
    (method, path, endpoint) for path, methods in ROUTES.items() for method, endpoint in methods.items()]


def sample(kind: Any) -> Any:
    """A value that a parameter of this type takes."""
    if isinstance(kind, Unset):
        return sample(kind.type)
    if isinstance(kind, Hash):
        return {name: sample(one) for name, one in kind.fields.items() if one.required}
    if isinstance(kind, Array):
        return [sample(kind.item)]
    if isinstance(kind, Either):
        return sample(kind.plain)
    if isinstance(kind, Map | Metadata | Raw):
        return {"a": "1"}
    for types, value in (((Boolean,), "true"), ((Currency,), "usd"), ((Amount,), "1000"), ((Email,), "a@example.com"),
                         ((Url, Id), "https://example.com/"), ((Decimal,), "1"), ((Range,), "1")):
        if isinstance(kind, types):
            return value
    if isinstance(kind, Integer):
        return str(max(kind.min, 1))
    if isinstance(kind, Choice):
        return kind.values[0]
    if isinstance(kind, File):
        return "no file"  # refused before any id is looked at
    assert isinstance(kind, Text), kind
    tried = ("https://example.com/x", "US", "1", "#1a2b3c", "5942", "ABC")
    return next(one for one in tried if len(one) <= kind.max and re.fullmatch(kind.pattern or ".*", one))


def required(table: Table, chosen: str = "") -> dict[str, Any]:
    """The parameters without which a call is refused; of those that exclude each other, `chosen` when it is one."""
    names = {chosen if chosen in group else group[0] for group in table.one_of}
    return {name: sample(kind) for name, kind in table.fields.items() if kind.required or name in names}


def places(fields: Mapping[str, Any], above: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every place of these parameters, at every depth, with its type."""
    for name, kind in fields.items():
        yield from _below((*above, name), kind)


def _below(here: Path, kind: Any) -> Iterator[tuple[Path, Any]]:
    yield here, kind
    if isinstance(kind, Unset):
        yield from list(_below(here, kind.type))[1:]
    elif isinstance(kind, Hash):
        yield from places(kind.fields, here)
    elif isinstance(kind, Array):
        yield from _below((*here, "0"), kind.item)
    elif isinstance(kind, Map):
        yield from _below((*here, "usd"), kind.item)
    elif isinstance(kind, Either):
        yield from list(_below(here, kind.hash))[1:]
    elif isinstance(kind, Metadata):
        yield (*here, "a"), Text(max=500, unset=True)
    elif isinstance(kind, Range):
        yield (*here, "gte"), Integer()


def request(table: Table, place: Path, value: Any) -> dict[str, Any]:
    """What a call must have, with `value` at this place and the other required fields of the hashes around it."""
    tree = required(table, place[0])
    tree[place[0]] = _around(table.fields[place[0]], place[1:], value)
    return tree


def _around(kind: Any, rest: Path, value: Any) -> Any:
    if not rest:
        return value
    if isinstance(kind, Unset | Either):
        return _around(kind.type if isinstance(kind, Unset) else kind.hash, rest, value)
    if isinstance(kind, Hash):
        others = {name: sample(one) for name, one in kind.fields.items() if one.required}
        return {**others, rest[0]: _around(kind.fields[rest[0]], rest[1:], value)}
    inner = _around(kind.item, rest[1:], value) if isinstance(kind, Array | Map) else value
    return [inner] if isinstance(kind, Array) else {rest[0]: inner}


def flat(value: Any, name: str = "") -> list[tuple[str, Any]]:
    """A tree in form encoding."""
    if isinstance(value, dict):
        return [pair for key, one in value.items() for pair in flat(one, f"{name}[{key}]" if name else key)]
    if isinstance(value, list):
        return [pair for index, one in enumerate(value) for pair in flat(one, f"{name}[{index}]")]
    return [(name, value)]


def bracketed(place: Path) -> str:
    """The name of a place as a form writes it."""
    return place[0] + "".join(f"[{name}]" for name in place[1:])
