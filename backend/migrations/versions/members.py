"""Members have one of five roles and can be removed; accounts can be renamed."""

from backend.migrations.files import run

revision = "members"
down_revision = "checkout_page"


def upgrade() -> None:
    run("2300_members.sql")
