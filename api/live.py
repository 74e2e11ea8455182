"""What is stricter with real money: the table of an endpoint as a live key is held to it."""

from dataclasses import replace

from api.params import Array, Either, Hash, Table, Type, Url


def table(given: Table) -> Table:
    """The same parameters, in which every address must be https."""
    return Table({name: _kind(kind) for name, kind in given.fields.items()})


def _kind(kind: Type) -> Type:
    match kind:
        case Url():
            return replace(kind, schemes=("https",))
        case Hash():
            return replace(kind, fields={name: _kind(field) for name, field in kind.fields.items()})
        case Array():
            return replace(kind, item=_kind(kind.item))
        case Either():
            return replace(kind, plain=_kind(kind.plain), hash=_kind(kind.hash))
    return kind
