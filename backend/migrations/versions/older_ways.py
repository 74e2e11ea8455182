"""Cards can be renewed, and customers have a default source."""

from backend.migrations.files import run

revision = "older_ways"
down_revision = "one_keyring"


def upgrade() -> None:
    run("2900_older_ways.sql")
