"""What is stricter with real money: the table of an endpoint as a live key is held to it."""

from dataclasses import replace

from backend.fields.structures import Array, Either, Hash, Map, Unset
from backend.fields.tables import Table
from backend.fields.types import ReceiptEmail, Type, Url


def table(given: Table, *, mails: bool) -> Table:
    """The same parameters, in which every address must be https, and nobody is promised a mail unless `mails` leave."""
    return replace(given, fields={name: _kind(kind, mails) for name, kind in given.fields.items()})


def _kind(kind: Type, mails: bool) -> Type:
    match kind:
        case Url():
            return replace(kind, schemes=("https",))
        case ReceiptEmail():
            return replace(kind, nobody=not mails)
        case Hash():
            return replace(kind, fields={name: _kind(field, mails) for name, field in kind.fields.items()})
        case Array() | Map():
            return replace(kind, item=_kind(kind.item, mails))
        case Unset():
            return replace(kind, type=_kind(kind.type, mails))
        case Either():
            return replace(kind, plain=_kind(kind.plain, mails), hash=_kind(kind.hash, mails))
    return kind
