"""Saved payment methods, setup intents and what belongs to them, tokens, customers whole, charges that are changed."""

from backend.migrations.files import run

revision = "saving"
down_revision = "catalogue"


def upgrade() -> None:
    run("1600_customers.sql", "1610_saving.sql")
