"""The first schema: accounts and keys, ledger, payments, events and webhooks, checkout, the vault."""

from backend.migrations import early

revision = "0001"
down_revision = None


def upgrade() -> None:
    early.first()
