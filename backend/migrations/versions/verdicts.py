"""What a person says of a message that waits for one is kept, and such a message may be asked about again."""

from backend.migrations.files import run

revision = "verdicts"
down_revision = "mail"


def upgrade() -> None:
    run("4200_verdicts.sql")
