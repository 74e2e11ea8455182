"""Restricted keys, the account's own API version, tiers of rate limits, and the log of requests."""

from backend.migrations.files import run

revision = "keys"
down_revision = "0002"


def upgrade() -> None:
    run("1070_keys.sql", "1071_requests.sql")
