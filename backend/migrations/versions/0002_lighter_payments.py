"""What makes a payment lighter: functions that answer many questions at once, and room beside unfinished keys."""

from pathlib import Path

from alembic import op

revision = "0002_lighter_payments"
down_revision = "0001"
SQL = Path(__file__).resolve().parent.parent / "sql"


def upgrade() -> None:
    # A raw cursor: the file holds many statements and their own percent signs.
    op.get_bind().connection.cursor().execute((SQL / "lighter_payments.sql").read_text())
