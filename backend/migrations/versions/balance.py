"""Balance transactions as a view of the transfers, the funds schedule, files and their links, account profiles."""

from backend.migrations.files import run

revision = "balance"
down_revision = "0002"


def upgrade() -> None:
    run("1060_balance_transactions.sql", "1061_files.sql")
