"""One keyring for all doors: the vault may ask what a key may do."""

from backend.migrations.files import run

revision = "one_keyring"
down_revision = "bank_digits"


def upgrade() -> None:
    run("2800_one_keyring.sql")
