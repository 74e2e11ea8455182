"""What a checkout page asks beside the card; orders that change until they are paid for."""

from backend.migrations.files import run

revision = "checkout_page"
down_revision = "increments"


def upgrade() -> None:
    run("2200_checkout_page.sql")
