"""Tables of documents for the plain resources, made by one function, and the first of them."""

from backend.migrations.files import run

revision = "resources"
down_revision = "lighter_payments"


def upgrade() -> None:
    run("1400_resources.sql", "1410_catalog.sql")
