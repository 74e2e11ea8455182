"""Who must hear of an event before merchants do stands with it in the outbox."""

from backend.migrations.files import run

revision = "awaited"
down_revision = "definitions"


def upgrade() -> None:
    run("3500_awaited.sql")
