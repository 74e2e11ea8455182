"""Bank accounts as payment methods, their numbers in the vault; disputes and early fraud warnings."""

from backend.migrations.files import run

revision = "debits"
down_revision = "saving"


def upgrade() -> None:
    run("1060_debits.sql")
