"""Runs SQL files of this folder inside a revision."""

from pathlib import Path

from alembic import op

SQL = Path(__file__).resolve().parent / "sql"


def run(*names: str) -> None:
    """Execute each file whole, on a raw cursor: they hold many statements and their own percent signs.

    Row-level security binds the owner, too, and no environment is chosen: statements here see no row of any merchant.
    """
    for name in names:
        op.get_bind().connection.cursor().execute((SQL / name).read_text())


def run_in_each(name: str) -> None:
    """Execute a file that changes rows of merchants, once in each environment, in the revision's transaction."""
    cursor, text = op.get_bind().connection.cursor(), (SQL / name).read_text()
    for (env,) in cursor.execute("SELECT id FROM core.environment ORDER BY id").fetchall():
        cursor.execute("SELECT set_config('app.env', %s, true)", (str(env),))
        cursor.execute(text)
    cursor.execute("SELECT set_config('app.env', '0', true)")
