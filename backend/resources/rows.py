"""A document of a plain resource as it lies in its table; what stands in `doc` is looked at by `resources`."""

from backend import rows
from backend.rows import Json, Part, Row, Time


class Document(Row):
    """A new object. Columns that are made from the document are the table's own."""

    env: int
    id: str
    doc: Json
    created_at: Time
    deleted_at: Time | None = None


def document(table: str) -> Part:
    """A new object of `table`, for a statement that somebody else makes."""
    return rows.whole(Document, name=table, but=("deleted_at",))
