"""Digests of secrets and ciphertexts in the audit trail."""

from backend.migrations.files import run

revision = "seals"
down_revision = "one_schema"


def upgrade() -> None:
    run("2320_seals.sql")
