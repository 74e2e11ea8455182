"""Rows as types, and the gate of everything that is written as a document of rows.

SQL takes a document by its names: one that it does not know it drops without a word, and one that is missing it takes
for NULL. So every document is looked at here before it is sent. The classes stand in `<noun>/rows.py`, one a table or
list; tests compare them with the tables and with the statements that read the documents (tests/unit/test_rows.py).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Annotated, Any, ClassVar, Self, dataclass_transform

Doc = dict[str, list[Any]]
"""What one statement writes: lists by their names."""

Time = Annotated[str, "timestamp with time zone"]
"""A moment as JSON has it: ISO 8601 text."""
Uuid = Annotated[str, "uuid"]
Json = Annotated[dict[str, Any], "jsonb"]


_PASSED_MAX = 100


class Misnamed(Exception):
    """A document says what its table or its statement does not know, or leaves out what it must say: our mistake."""


@dataclass_transform(kw_only_default=True)
class Row:
    """A table, or a list that a statement takes: its fields are the names and types. What has a default may be left out
    of a new one, and is NULL then."""

    table: ClassVar[str] = ""
    """Its name with the schema; empty for a list that is no table."""
    columns: ClassVar[tuple[str, ...]]
    """The names of its fields, in the order in which they stand."""

    def __init_subclass__(cls) -> None:
        cls.columns = tuple(field.name for field in fields(dataclass(kw_only=True)(cls)))  # type: ignore[arg-type]

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Self:
        """A row as the database tells it; columns of a later release are left behind."""
        try:
            return cls(**told)
        except TypeError:
            return cls(**{name: told[name] for name in cls.columns if name in told})

    def changed(self, change: Mapping[str, Any]) -> Self:
        """The same row with new values; raises Misnamed for a name that it does not have."""
        if unknown := change.keys() - vars(self).keys():
            raise Misnamed(f"{self.table} has no column {', '.join(sorted(unknown))}.")
        made = object.__new__(type(self))
        vars(made).update(vars(self), **change)
        return made


def needed(kind: type[Row]) -> frozenset[str]:
    """Those that a new one must say."""
    return frozenset(name for name in kind.columns if name not in kind.__dict__)


@dataclass(frozen=True, slots=True)
class Part:
    """What each element of one list of a document may say, and what it must."""

    name: str
    """How a sentence calls it: the table, or the list."""
    known: frozenset[str]
    needed: frozenset[str]
    columns: frozenset[str]
    """All that the table has, also what is not written here."""
    change: "Part | None" = None
    """What may stand in the element's `change`."""
    kind: type[Row] | None = None
    """One of this class was looked at when it was made."""
    passed: set[tuple[str, ...]] = field(default_factory=set, compare=False)
    """Names that were looked at before, as they stood: the code has few ways to say a thing, and says it often."""

    def check(self, element: Mapping[str, Any] | Row) -> None:
        """Raise Misnamed unless it says all that it must, and nothing that would be dropped."""
        if isinstance(element, Row):
            if type(element) is not self.kind:
                raise Misnamed(f"{self.name} takes no {type(element).__name__}.")
            return
        names = tuple(element)
        if names not in self.passed:
            if not self.needed <= element.keys() <= self.known:
                raise Misnamed(self._said(frozenset(names)))
            if len(self.passed) < _PASSED_MAX:
                self.passed.add(names)
        if self.change is not None:
            self.change.check(element["change"])

    def _said(self, names: frozenset[str]) -> str:
        if unknown := sorted(names - self.columns):
            return f"{self.name} has no column {', '.join(unknown)}."
        if unwritten := sorted(names - self.known):
            return f"{self.name}: the statement does not write {', '.join(unwritten)}."
        return f"{self.name}: {', '.join(sorted(self.needed - names))} must be said."


def whole(kind: type[Row], *, name: str = "", but: Iterable[str] = ()) -> Part:
    """A new row with all its columns `but` those that the statement fills itself; or an element of a list that is no
    table."""
    known = frozenset(kind.columns)
    written = known - frozenset(but)
    return Part(name or kind.table or kind.__name__, written, needed(kind) & written, known,
                kind=kind if written == known else None)


def some(kind: type[Row], written: Iterable[str]) -> Part:
    """New values of some of the columns that are `written`; one that is not said stays as it is."""
    return Part(kind.table, frozenset(written), frozenset(), frozenset(kind.columns))


def every(kind: type[Row], values: type[Row]) -> Part:
    """New values of all columns of `values`, for a statement that takes one that is missing for NULL."""
    known = frozenset(values.columns)
    return Part(kind.table, known, known, frozenset(kind.columns), kind=values)


def change(values: Part, *beside: str) -> Part:
    """An element {`beside`…, change}: which row, and its new values."""
    own = frozenset((*beside, "change"))
    return Part(f"a change of {values.name}", own, own, own, values)


def assigned(written: Iterable[str], row: str, doc: str) -> str:
    """`SET …` of an UPDATE of `row`, an alias: each column of `written` gets its value in `doc`, if it has one."""
    names = tuple(written)
    return (f"SET ({', '.join(names)}) = (SELECT {', '.join(f'n.{name}' for name in names)} "  # noqa: S608 - columns
            f"FROM jsonb_populate_record({row}, {doc}) n)")


@dataclass(frozen=True, slots=True)
class Lists:
    """The document that one statement takes."""

    statement: str
    parts: Mapping[str, Part | None]
    """None for a list of plain texts."""

    def check(self, doc: Mapping[str, Iterable[Any]]) -> None:
        """Raise Misnamed when something in it would be dropped or taken for NULL."""
        for name, elements in doc.items():
            part = self.parts.get(name, _NOBODY)
            if part is _NOBODY:
                raise Misnamed(f"{self.statement} takes no list {name}.")
            if part is not None:
                for element in elements:
                    part.check(element)


_NOBODY = Part("", frozenset(), frozenset(), frozenset())


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What of a row is new, by its columns."""
    return {name: value for name, value in after.items() if name not in before or before[name] != value}
