"""An entry of the ledger as `pay.ledger_apply` takes it; `chart.py` makes them."""

from backend import rows
from backend.rows import Row, Uuid


class Entry(Row):
    """One movement between two accounts; what it needs beside these depends on `op`."""

    op: str
    currency: str
    code: str
    ref: str
    amount: int = 0
    debit: str | None = None
    credit: str
    group: Uuid | None = None
    leg: int = 0
    stripe: int = 0
    reverses: Uuid | None = None
    more: bool = False
    """A hold beside those that are there, under the next leg."""
    status: str | None = None
    """How a hold ends."""
    posted: int | None = None
    keep: bool = False
    """What is left of a hold stays held."""
    pending: int | None = None
    """How much of a fee the payment's own money covers."""
    of: str | None = None
    """The payment of a refund."""


ENTRY = rows.whole(Entry)
