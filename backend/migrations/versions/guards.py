"""Who set a payment's shipping, and a second wall around API keys."""

from pathlib import Path

from alembic import op

revision = "guards"
down_revision = "0001"
SQL = Path(__file__).resolve().parent.parent / "sql" / "guards.sql"


def upgrade() -> None:
    op.get_bind().connection.cursor().execute(SQL.read_text())
