"""Timers of objects stand in one table, which answers at once which environments have which work."""

from backend.migrations.files import run

revision = "due"
down_revision = "awaited"


def upgrade() -> None:
    run("3600_due.sql")
