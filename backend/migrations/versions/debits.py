"""Bank accounts as payment methods, their numbers in the vault; disputes and early fraud warnings."""

from backend.migrations.files import run

revision = "debits"
down_revision = "keys"


def upgrade() -> None:
    run("1800_debits.sql")
