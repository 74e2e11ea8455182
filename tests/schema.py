"""`make schema`: the database as it stands after all revisions, in one file to read: backend/migrations/schema.sql.

Made by pg_dump from a fresh database. Functions and views are left out: each has a file of its own, or is written by
`keep_audit` and `keep_seals`. So are the tables of single days, which are others tomorrow.
"""

import re
import subprocess
import tempfile
from pathlib import Path

from backend.stack.postgres import binaries
from tests.stack import ROOT, bare_database

PLACE = ROOT / "backend" / "migrations" / "schema.sql"
_HEAD = """-- What all revisions together make of an empty database. Written by `make schema`; do not edit.
-- Functions and views stand in the folders `functions/`.
"""
_LEFT_OUT = re.compile(r"^\d+; \d+ \d+ (FUNCTION|VIEW|COMMENT|SCHEMA|ACL \w+ (FUNCTION|TABLE balance_transaction)) "
                       r"|_20\d{6}")
_NOISE = re.compile(r"^(--.*|SET .*|SELECT pg_catalog\.set_config.*|\\(un)?restrict .*)?\n", re.MULTILINE)


def dump(url: str) -> str:
    """The tables, indexes, rules and triggers of a database, in pg_dump's order and words."""
    with tempfile.TemporaryDirectory() as folder:
        whole, wanted = Path(folder) / "whole", Path(folder) / "wanted"
        _run("pg_dump", "--format=custom", "--schema-only", "--no-owner", f"--file={whole}", url)
        entries = _run("pg_restore", "--list", str(whole)).splitlines(keepends=True)
        wanted.write_text("".join(one for one in entries if not _LEFT_OUT.search(one)))
        text = _run("pg_restore", "--no-owner", f"--use-list={wanted}", "--file=-", str(whole))
    return _HEAD + _NOISE.sub("", text)


def _run(program: str, *arguments: str) -> str:
    done = subprocess.run([binaries() / program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


if __name__ == "__main__":
    with bare_database() as made:
        PLACE.write_text(dump(made.urls.owner))
