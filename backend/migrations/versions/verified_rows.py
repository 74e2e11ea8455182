"""Checks of the revision `verifications` are looked through in all rows, with a lock that stops nobody."""

from backend.migrations.files import run

revision = "verified_rows"
down_revision = "verifications"


def upgrade() -> None:
    run("4001_verified_rows.sql")
