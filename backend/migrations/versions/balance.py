"""Balance transactions as a view of the transfers, and the schedule by which pending money becomes available."""

from backend.migrations.files import run

revision = "balance"
down_revision = "0002"


def upgrade() -> None:
    run("1060_balance_transactions.sql")
