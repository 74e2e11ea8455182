"""Reads of one moment share a round trip: two functions that answer many questions at once."""

from pathlib import Path

from alembic import op

revision = "0002_shared_reads"
down_revision = "0001"
SQL = Path(__file__).resolve().parent.parent / "sql"


def upgrade() -> None:
    # A raw cursor: the file holds many statements and their own percent signs.
    op.get_bind().connection.cursor().execute((SQL / "shared_reads.sql").read_text())
