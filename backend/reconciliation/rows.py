"""An acquirer's own record as it lies beside our attempts."""

from typing import ClassVar

from backend import rows
from backend.rows import Row, Time


class Record(Row):
    """One line of an acquirer's journal, in its own words of kind and status."""

    table: ClassVar = "pay.acquirer_record"
    env: int
    connector: str
    network_key: str
    acquirer_ref: str | None
    kind: str
    amount: int
    currency: str
    status: str
    imported_at: Time


RECORD = rows.whole(Record, but=("env", "imported_at"))
