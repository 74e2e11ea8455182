"""The books check: runs every query of invariants.sql; a row that comes back is a violation."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from backend import card_numbers
from backend.db import Database
from backend.reconciliation import sql

FILE = Path(__file__).with_name("invariants.sql")
VAULT_CHECKS = frozenset({"S2"})
"""Run as the vault, in each environment: nobody else may look into its schema."""

RECORD_CHECKS = frozenset({"L11", "P2", "P8", "P10"})
"""They compare with the acquirers' records, and mean nothing where none were imported."""

_HEAD = re.compile(r"^-- ([A-Z]+\d+) \| (.+)$")
_PLANT = re.compile(r"^-- plant: (.+)$")
_ROWS_MAX = 20


@dataclass(frozen=True, slots=True)
class Check:
    """One invariant: its id, what it means, violations to prove it with, and the query that finds them."""

    id: str
    meaning: str
    plants: tuple[str, ...]
    query: str


@dataclass(frozen=True, slots=True)
class Violation:
    """A check that found something; `rows` are the first of them."""

    check: Check
    rows: list[dict[str, Any]]

    def __str__(self) -> str:
        return f"{self.check.id} ({self.check.meaning}): {self.rows}"


@cache
def checks() -> tuple[Check, ...]:
    """Every check of the file, in its order."""
    found: list[Check] = []
    head: tuple[str, str] | None = None
    plants: list[str] = []
    lines: list[str] = []
    for line in FILE.read_text().splitlines():
        if match := _HEAD.match(line):
            head, plants, lines = (match[1], match[2]), [], []
        elif match := _PLANT.match(line):
            plants.append(match[1])
        elif head and not line.startswith("--"):
            lines.append(line)
            if line.rstrip().endswith(";"):
                found.append(Check(*head, tuple(plants), "\n".join(lines).strip().rstrip(";")))
                head = None
    return tuple(found)


_COLUMNS = "\n{}\n"
_BYTES = re.compile(r"\\(?:([0-3][0-7]{2})|\\)")
"""How PostgreSQL's `encode(…, 'escape')` writes a byte that is no ASCII, and a backslash."""


def _holds_card(row: dict[str, Any]) -> bool:
    return any(card_numbers.holds(_text(column)) for column in str(row.pop("body")).split(_COLUMNS))


def _text(column: str) -> str:
    """A column as it was given; those of bytes come escaped, behind a mark."""
    if not column.startswith("\x01"):
        return column
    found = _BYTES.sub(lambda one: chr(int(one[1], 8)) if one[1] else "\\", column)
    return found.encode("latin-1", "replace").decode("utf-8", "replace")


_JUDGES: dict[str, Callable[[dict[str, Any]], bool]] = {"S1": _holds_card}
"""What SQL cannot decide: the query finds what may be a violation, the judge says whether it is one."""


def judged(check: Check, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows that are violations, each once."""
    judge, kept = _JUDGES.get(check.id), list(rows)
    if judge is None:
        return kept
    return [row for row in kept if judge(row)]


async def _found(db: Database, env: int, check: Check) -> list[dict[str, Any]]:
    if check.id not in _JUDGES:
        return await db.rows(env, check.query.replace("%", "%%"))  # no place for a value: what LIKE means by it
    found: list[dict[str, Any]] = []
    async for rows in db.pages(env, check.query):
        found += judged(check, rows)
    return found


async def run(auditor_url: str, vault_url: str, *, records: bool = True) -> list[Violation]:
    """Run all checks; `records` says whether the acquirers' records were imported. Both URLs are libpq URIs."""
    chosen = [check for check in checks() if records or check.id not in RECORD_CHECKS]
    auditor = Database(auditor_url, pool_size=2, name="farthing-auditor")
    vault = Database(vault_url, pool_size=2, name="farthing-auditor")
    violations = []
    try:
        await auditor.open()
        await vault.open()
        envs = [row["id"] for row in await auditor.rows(0, sql.ENVIRONMENTS)]
        for check in chosen:
            places = [(vault, env) for env in envs] if check.id in VAULT_CHECKS else [(auditor, 0)]
            rows = [row for db, env in places for row in await _found(db, env, check)]
            if rows:
                violations.append(Violation(check, rows[:_ROWS_MAX]))
    finally:
        await auditor.close()
        await vault.close()
    return violations
