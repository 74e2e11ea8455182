"""Windows that count tries end also when the clock was set back."""

from backend.migrations.files import run

revision = "tally_after_clock"
down_revision = "file_pieces"


def upgrade() -> None:
    run("3100_tally_after_clock.sql")
