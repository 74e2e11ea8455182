"""Mails are drafted in the database and sent by the worker; receipts have numbers."""

from backend.migrations.files import run

revision = "mail"
down_revision = "verified_rows"


def upgrade() -> None:
    run("4100_mail.sql")
