"""The first schema: accounts and keys, ledger, payments, events and webhooks, checkout, the vault."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
SQL = Path(__file__).resolve().parent.parent / "sql"


def upgrade() -> None:
    connection = op.get_bind()
    for path in sorted(SQL.glob("0*.sql")):
        # A raw cursor: the files hold many statements and their own percent signs.
        connection.connection.cursor().execute(path.read_text())
