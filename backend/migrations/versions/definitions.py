"""Functions and views have one place each: which text of it is in force stands in the database."""

from backend.migrations.files import run

revision = "definitions"
down_revision = "checked_rows"


def upgrade() -> None:
    run("3400_definitions.sql")
