"""Payment links that end at a moment."""

from backend.migrations.files import run

revision = "link_ends"
down_revision = "verdicts"


def upgrade() -> None:
    run("4300_link_ends.sql")
