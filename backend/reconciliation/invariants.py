"""The books check: runs every query of invariants.sql; a row that comes back is a violation."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

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
            rows = [row for db, env in places for row in await db.rows(env, check.query)]
            if rows:
                violations.append(Violation(check, rows[:_ROWS_MAX]))
    finally:
        await auditor.close()
        await vault.close()
    return violations
