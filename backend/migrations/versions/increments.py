"""Authorisations that are raised, and captured in several parts: several holds and captures of one payment."""

from backend.migrations.files import run

revision = "increments"
down_revision = "balance"


def upgrade() -> None:
    run("2100_increments.sql")
