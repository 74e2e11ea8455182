"""Runs SQL files of this folder inside a revision."""

from pathlib import Path

from alembic import op

SQL = Path(__file__).resolve().parent / "sql"


def run(*names: str) -> None:
    """Execute each file whole, on a raw cursor: they hold many statements and their own percent signs."""
    for name in names:
        op.get_bind().connection.cursor().execute((SQL / name).read_text())
