"""The first schema: accounts and keys, ledger, payments, events and webhooks, checkout, the vault."""

from backend.migrations.files import run

revision = "0001"
down_revision = None


def upgrade() -> None:
    # A list that is closed: a new file would reach fresh databases only.
    run("0001_core.sql", "0002_ledger.sql", "0003_events.sql", "0004_webhooks.sql", "0010_payments.sql",
        "0015_reconciliation.sql", "0016_refunds.sql", "0020_vault.sql", "0030_checkout.sql", "0040_orphans.sql",
        "0040_routing.sql", "0050_audit.sql")
