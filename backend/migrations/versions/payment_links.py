"""Payment links; checkout sessions that sell prices of the catalogue, with discounts."""

from backend.migrations.files import run

revision = "payment_links"
down_revision = "debits"


def upgrade() -> None:
    run("1900_payment_links.sql")
