"""Account verifications are messages like any other."""

from backend.migrations.files import run

revision = "verifications"
down_revision = "clocks"


def upgrade() -> None:
    run("3800_verifications.sql")
