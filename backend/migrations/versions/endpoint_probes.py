"""Endpoints that are down are asked by one delivery at a time."""

from backend.migrations.files import run

revision = "endpoint_probes"
down_revision = "tally_after_clock"


def upgrade() -> None:
    run("3200_endpoint_probes.sql")
