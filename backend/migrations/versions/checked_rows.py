"""Checks of the revision `carried` are looked through in all rows, with a lock that stops nobody."""

from backend.migrations.files import run

revision = "checked_rows"
down_revision = "endpoint_probes"


def upgrade() -> None:
    run("3300_checked_rows.sql")
