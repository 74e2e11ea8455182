"""Restricted keys, the account's own API version, tiers of rate limits, and the log of requests."""

from backend.migrations.files import run

revision = "keys"
down_revision = "saving"


def upgrade() -> None:
    run("1700_keys.sql", "1710_requests.sql")
