"""What makes a payment lighter: functions that answer many questions at once, and room beside unfinished keys."""

from backend.migrations.files import run

revision = "lighter_payments"
down_revision = "guards"


def upgrade() -> None:
    run("1300_lighter_payments.sql")
