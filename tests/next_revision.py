"""The history of the schema with one more revision, as a later version of this code would have it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backend import migrations
from backend.migrations import files, revisions

NEXT = """
from backend.migrations.files import run, run_in_each
revision, down_revision = "next", {head!r}
def upgrade():
    run("next.sql")
    {more}
"""


@contextmanager
def next_revision(monkeypatch: pytest.MonkeyPatch, folder: Path, text: str, each: str = "") -> Iterator[None]:
    """The history with one more revision, as a later version of this code would have it."""
    here = files.SQL.parent
    for part in ("sql", "versions", "env.py"):
        (folder / part).symlink_to(here / part) if part == "env.py" else (folder / part).mkdir()
    for path in (here / "versions").glob("*.py"):
        (folder / "versions" / path.name).symlink_to(path)
    for path in files.SQL.glob("*.sql"):
        (folder / "sql" / path.name).symlink_to(path)
    (folder / "sql" / "next.sql").write_text(text)
    (folder / "sql" / "each.sql").write_text(each)
    (folder / "versions" / "next.py").write_text(NEXT.format(
        head=revisions.known()[-1], more='run_in_each("each.sql")' if each else ""))
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "HERE", folder)
        patch.setattr(files, "SQL", folder / "sql")
        yield
