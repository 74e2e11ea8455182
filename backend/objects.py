"""Public objects as tables: every field with its type, nullability and default, once.

From a table come the rendering of a row, the JSON Schema of `/v1/openapi.json`, the reference pages, the paths that
`expand[]` may follow and the comparison with the official SDK's types. Pure. Source: reference contract section 8.
"""

from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from backend.clock import unix

Row = Mapping[str, Any]
Json = dict[str, Any]
_MISSING = object()


@dataclass(frozen=True, slots=True)
class Kind:
    """What a field may hold. `read` turns the row's value into the public one; None stays None."""

    schema: Json
    read: Callable[[Any], Any] | None = None
    nullable: bool = False
    optional: bool = False
    column: str | None = None
    default: Any = _MISSING
    objects: tuple[str, ...] = ()
    """The objects that an id here can be expanded to, by their `object` name."""
    included: bool = False
    """A list that appears only when it is expanded."""
    fields: "Mapping[str, Kind] | None" = None
    items: "Kind | None" = None

    def public(self, value: Any) -> Any:
        """The value as the API shows it."""
        return value if value is None or self.read is None else self.read(value)

    def described(self) -> Json:
        """The JSON Schema of this field."""
        shown = self.schema
        if self.objects and not self.included:
            shown = {"anyOf": [{"type": "string"}, *({"$ref": f"#/components/schemas/{name}"}
                                                     for name in self.objects)],
                     "x-expandable": True}
        if not self.nullable:
            return shown
        if isinstance(shown.get("type"), str):
            return {**shown, "type": [shown["type"], "null"], **({"enum": [*shown["enum"], None]}
                                                                 if "enum" in shown else {})}
        return {**(shown if "anyOf" in shown else {}), "anyOf": [*shown.get("anyOf", [shown]), {"type": "null"}]}


string = Kind({"type": "string"})
integer = Kind({"type": "integer"})
number = Kind({"type": "number"})
boolean = Kind({"type": "boolean"})
decimal = Kind({"type": "string", "format": "decimal"})
time = Kind({"type": "integer", "format": "unix-time"},
            read=lambda value: value if isinstance(value, int) else unix(value))
anything = Kind({})


def null(kind: Kind) -> Kind:
    """May be null, and is when the row does not say."""
    return replace(kind, nullable=True, default=None)


def when(kind: Kind) -> Kind:
    """Stands in the object only when the renderer or the row gives it a value."""
    return replace(kind, optional=True, default=_MISSING)


def of(column: str, kind: Kind) -> Kind:
    """Read from a column that has another name than the field."""
    return replace(kind, column=column)


def always(kind: Kind, value: Any) -> Kind:
    """Has `value` when the row does not say."""
    return replace(kind, default=value)


def enum(*values: str) -> Kind:
    """One of `values`; official clients take unknown values, too, for the lists grow."""
    return Kind({"type": "string", "enum": list(values)})


def list_of(kind: Kind) -> Kind:
    """A plain JSON array."""
    return Kind({"type": "array", "items": kind.described()}, read=lambda value: [kind.public(one) for one in value],
                default=[], items=kind)


def map_of(kind: Kind) -> Kind:
    """A hash whose names are data, such as metadata."""
    return Kind({"type": "object", "additionalProperties": kind.described()},
                read=lambda value: {name: kind.public(one) for name, one in value.items()}, default={}, items=kind)


def hash_of(fields: Mapping[str, Kind]) -> Kind:
    """A hash with named fields, each rendered by its own kind."""
    plan = planned(fields)
    return Kind(_schema(fields), read=lambda value: render(plan, value), fields=fields)


def expandable(*objects: str) -> Kind:
    """An id that `expand[]` replaces by its object."""
    return Kind({"type": "string"}, objects=objects)


def sub_list(object: str) -> Kind:
    """A list object that appears when `expand[]` asks for it."""
    return Kind(_page_schema(object), optional=True, included=True, objects=(object,))


def asked(kind: Kind) -> Kind:
    """Stands in the object only when `expand[]` asks for it; a loader of its own gives it (api/objects.py: LISTS)."""
    return replace(kind, optional=True, included=True)


def nested(object: str) -> Kind:
    """Another object in full."""
    return Kind({"$ref": f"#/components/schemas/{object}"})


METADATA = always(map_of(string), {})


Plan = tuple[tuple[str, str | None, Callable[[Any], Any] | None, bool, Any], ...]


def planned(fields: Mapping[str, Kind]) -> Plan:
    """What rendering must know of each field, laid out for a loop that runs some hundred times a payment."""
    return tuple((name, kind.column, kind.read, kind.optional, kind.default) for name, kind in fields.items()
                 if not kind.included)


def render(plan: Plan, row: Row) -> Json:
    """The public form of `row`, which has its values under the fields' names or their columns'."""
    shape: Json = {}
    get = row.get
    for name, column, read, optional, default in plan:
        value = get(name)
        if value is None and column is not None:
            value = get(column)
        if value is not None:
            shape[name] = value if read is None else read(value)
        elif default is None:
            shape[name] = None
        elif not optional:
            if default is _MISSING:
                raise KeyError(name)
            shape[name] = copy(default) if read is None else read(default)
    return shape


def _schema(fields: Mapping[str, Kind]) -> Json:
    return {"type": "object", "properties": {name: kind.described() for name, kind in fields.items()},
            "required": [name for name, kind in fields.items() if not kind.optional]}


def _page_schema(object: str) -> Json:
    return {"type": "object", "required": ["object", "url", "has_more", "data"], "properties": {
        "object": {"const": "list"}, "url": {"type": "string"}, "has_more": {"type": "boolean"},
        "data": {"type": "array", "items": {"$ref": f"#/components/schemas/{object}"}}}}


@dataclass(frozen=True)
class Object:
    """One public object: its `object` name, what it is in a sentence, and its fields."""

    name: str
    about: str
    fields: Mapping[str, Kind]

    @cached_property
    def _plan(self) -> Plan:
        return planned(self.fields)

    def render(self, row: Row, **given: Any) -> Json:
        """The object of a row; `given` wins over the row."""
        return render(self._plan, {**row, **given, "object": self.name})

    def schema(self) -> Json:
        """Its JSON Schema."""
        return {**_schema(self.fields), "title": self.name, "description": self.about, "x-object": self.name}


def table(name: str, about: str, fields: Mapping[str, Kind], *, id: bool = True) -> Object:
    """An object whose first fields are `id`, unless there is only one of it, and `object`."""
    return Object(name, about, {**({"id": string} if id else {}), "object": Kind({"const": name}), **fields})


def walk(fields: Mapping[str, Kind], prefix: str = "") -> Iterator[tuple[str, Kind]]:
    """Every field with its dotted path, hashes and lists entered."""
    for name, kind in fields.items():
        path = f"{prefix}{name}"
        yield path, kind
        inner = kind.items if kind.items is not None and kind.items.fields else kind
        if inner.fields:
            yield from walk(inner.fields, f"{path}.")
