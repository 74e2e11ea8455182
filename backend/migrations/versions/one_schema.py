"""One schema for every database of this revision, and the right of each process to see which revision it meets."""

from backend.migrations.files import run

revision = "one_schema"
down_revision = "members"


def upgrade() -> None:
    run("2310_one_schema.sql")
