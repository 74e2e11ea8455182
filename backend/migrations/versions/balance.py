"""Balance transactions as a view of the transfers, the funds schedule, files and their links, account profiles."""

from backend.migrations.files import run

revision = "balance"
down_revision = "payment_links"


def upgrade() -> None:
    run("2000_balance_transactions.sql", "2010_files.sql")
