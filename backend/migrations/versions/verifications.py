"""Account verifications are messages like any other."""

from backend.migrations.files import run

revision = "verifications"
down_revision = "outbox_key"


def upgrade() -> None:
    run("4000_verifications.sql")
