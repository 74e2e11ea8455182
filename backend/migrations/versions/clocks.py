"""The clock of a test environment can be set ahead."""

from backend.migrations.files import run

revision = "clocks"
down_revision = "due_of_before"


def upgrade() -> None:
    run("3700_clocks.sql")
