"""Account verifications are messages like any other."""

from backend.migrations.files import run

revision = "verifications"
down_revision = "audit_numbers"


def upgrade() -> None:
    run("3900_verifications.sql")
