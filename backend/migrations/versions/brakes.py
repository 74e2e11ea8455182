"""The brake on card testing: declines and tries under way are counted."""

from backend.migrations.files import run

revision = "brakes"
down_revision = "carried"


def upgrade() -> None:
    run("2500_brakes.sql")
