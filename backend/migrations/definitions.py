"""Functions and views of the database: each stands in one file of `<noun>/functions/`, and that is the one in force.

A file is brought into force after the tables, whenever its text is not the one that was applied last. Old processes may
serve meanwhile, and for a while after it: a function whose parameters change gets a new name, and the old one stays for
one release. Triggers belong to their tables and stand in the revisions, as do the functions that `keep_audit` and
`keep_seals` write for each table.
"""

import hashlib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import psycopg

QUERY = "SELECT file, hash FROM core.definition"
ROOT = Path(__file__).resolve().parent.parent.parent
_SESSION = (
    "SET LOCAL lock_timeout = '400ms'",
    "SELECT pg_advisory_xact_lock(8420)",  # as the revisions: one upgrade at a time
)
_KEPT = ("INSERT INTO core.definition (file, hash) VALUES (%s, %s) "
         "ON CONFLICT (file) DO UPDATE SET hash = excluded.hash, applied_at = clock_timestamp()")

def paths(root: Path) -> list[Path]:
    """The files of all nouns below a project's folder."""
    return sorted([*root.glob("backend/*/functions/*.sql"), *root.glob("vault/functions/*.sql")])


@cache
def hashes() -> Mapping[str, str]:
    """What this code's files say: a hash for each, by its name below the project."""
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in _texts().items()}


def differ(rows: Iterable[Mapping[str, Any]]) -> bool:
    """Whether the database whose answer to QUERY these rows are has other definitions in force."""
    return {row["file"]: row["hash"] for row in rows} != hashes()


def apply(owner_url: str) -> None:
    """Bring every file into force whose text is not the one that was applied last, all in one transaction.

    Raises psycopg.errors.LockNotAvailable when somebody holds a view.
    """
    with psycopg.connect(owner_url) as link:
        for statement in _SESSION:
            link.execute(statement)
        applied: dict[str, str] = dict(link.execute(QUERY).fetchall())
        changed = [name for name, hash in hashes().items() if applied.get(name) != hash]
        for checked in ("off", "on"):  # first all of them, for one may call another; then each is looked through
            link.execute(f"SET LOCAL check_function_bodies = {checked}".encode())
            for name in changed:
                link.execute(_texts()[name].encode())
        with link.cursor() as cursor:
            cursor.executemany(_KEPT, [(name, hashes()[name]) for name in changed])
        link.execute("DELETE FROM core.definition WHERE file <> ALL (%s)", (list(hashes()),))


@cache
def _texts() -> dict[str, str]:
    """The files, functions before the views that use them."""
    texts = {path.relative_to(ROOT).as_posix(): path.read_text() for path in paths(ROOT)}
    return dict(sorted(texts.items(), key=lambda one: "CREATE OR REPLACE VIEW" in one[1]))
