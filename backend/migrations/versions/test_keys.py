"""Keys of test mode can be shown again."""

from backend.migrations.files import run

revision = "test_keys"
down_revision = "brakes"


def upgrade() -> None:
    run("2600_test_keys.sql")
