"""Saved payment methods, setup intents and what belongs to them, tokens, customers whole, charges that are changed."""

from backend.migrations.files import run

revision = "saving"
down_revision = "0002"


def upgrade() -> None:
    run("1040_customers.sql", "1050_saving.sql")
