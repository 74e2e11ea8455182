"""The outbox has one index less."""

from backend.migrations.files import run

revision = "outbox_key"
down_revision = "audit_numbers"


def upgrade() -> None:
    run("3900_outbox_key.sql")
