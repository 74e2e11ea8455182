"""Who set a payment's shipping, and a second wall around API keys."""

from backend.migrations.files import run

revision = "guards"
down_revision = "ledger_opening"


def upgrade() -> None:
    run("1200_guards.sql")
