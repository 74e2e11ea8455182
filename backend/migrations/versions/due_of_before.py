"""What waits has its timer; a revision of its own, so that no lock is held while the environments are gone through."""

from backend.migrations.files import run_in_each

revision = "due_of_before"
down_revision = "due"


def upgrade() -> None:
    run_in_each("3601_due_of_before.sql")
