"""Messages about money that stands are carried through: how often each was sent again."""

from backend.migrations.files import run

revision = "carried"
down_revision = "seals"


def upgrade() -> None:
    run("2400_carried.sql", "2410_releases.sql", "2420_used_methods.sql", "2430_disputes_at_once.sql")
