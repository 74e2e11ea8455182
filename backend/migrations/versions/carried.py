"""Messages about money that stands are carried through: how often each was sent again."""

from backend.migrations.files import run

revision = "carried"
down_revision = "members"


def upgrade() -> None:
    run("2300_carried.sql", "2310_releases.sql", "2320_used_methods.sql", "2330_disputes_at_once.sql")
