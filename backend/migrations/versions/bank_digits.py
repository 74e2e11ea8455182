"""A card's first digits, which are its bank's, are kept beside its last four."""

from backend.migrations.files import run

revision = "bank_digits"
down_revision = "test_keys"


def upgrade() -> None:
    run("2700_bank_digits.sql")
