"""Blocks of the audit trail seal numbers instead of transactions, and so can be verified on any server."""

from backend.migrations.files import run

revision = "audit_numbers"
down_revision = "clocks"


def upgrade() -> None:
    run("3800_audit_numbers.sql")
