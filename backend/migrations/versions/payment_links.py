"""Payment links; checkout sessions that sell prices of the catalogue, with discounts."""

from backend.migrations.files import run

revision = "payment_links"
down_revision = "catalogue"


def upgrade() -> None:
    run("1550_payment_links.sql")
