"""Ledger accounts are opened, in one order, before they are locked: `pay.ledger_apply` says so anew."""

from backend.migrations import early
from backend.migrations.files import run

revision = "ledger_opening"
down_revision = "0001"


def upgrade() -> None:
    early.complete()
    run("1100_ledger_opening.sql")
