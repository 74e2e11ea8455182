"""Tables of documents for the plain resources, made by one function, and the first of them."""

from backend.migrations.files import run

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run("1000_resources.sql", "1010_catalog.sql")
