"""What is stricter with real money: the table of an endpoint as a live key is held to it."""

from dataclasses import replace

from backend.fields.structures import Array, Either, Hash, Map, Unset
from backend.fields.tables import Table
from backend.fields.types import ReceiptEmail, Type, Url


def table(given: Table) -> Table:
    """The same parameters, in which every address must be https and nobody is promised a mail."""
    return replace(given, fields={name: _kind(kind) for name, kind in given.fields.items()})


def _kind(kind: Type) -> Type:
    match kind:
        case Url():
            return replace(kind, schemes=("https",))
        case ReceiptEmail():
            return replace(kind, live=True)
        case Hash():
            return replace(kind, fields={name: _kind(field) for name, field in kind.fields.items()})
        case Array() | Map():
            return replace(kind, item=_kind(kind.item))
        case Unset():
            return replace(kind, type=_kind(kind.type))
        case Either():
            return replace(kind, plain=_kind(kind.plain), hash=_kind(kind.hash))
    return kind
