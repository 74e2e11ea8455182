"""PostgreSQL itself reads and plans each statement that Python sends: it fits the schema and touches one environment.

Money design, "single-shard by construction": each scan of a tenant's table binds `env` by equality. The statements are
planned as the superuser, whom no policy restricts, so what binds `env` is the statement's own.
"""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import TextClause

import backend
from backend.pages import Listing
from backend.resources.resources import Resource
from backend.search import Searchable
from tests import books
from tests.stack import Schema

EVERYWHERE = {
    "audit.HEADS_MISSING": "the auditor compares the heads of all",
    "audit.SEALED": "the auditor compares the heads of all",
    "due.EVERYWHERE": "an operator looks for what waits, as the auditor",
    "exchanges.ANYWHERE": "an operator looks for a message, as the auditor",
    "exchanges.FOR_A_PERSON": "an operator looks for what waits, as the auditor",
    "reconciliation.DIFFERENCES": "the auditor sums over all",
    "reconciliation.OWNERS": "the auditor looks for whose message a record is",
}
"""Statements that touch every environment, and why."""
NOT_ASKED = {"requests.REQUESTS created_gte", "requests.REQUESTS created_lt"}
"""Every list can be filtered by `created`; this one has another column for it, with filters of its own."""


def _modules() -> Iterator[tuple[str, Any]]:
    for found in pkgutil.walk_packages(backend.__path__, "backend."):
        if "migrations" not in found.name and "stack" not in found.name:
            yield found.name.removeprefix("backend."), importlib.import_module(found.name)


def _texts() -> Iterator[tuple[str, str]]:
    """Name -> statement, each way in which a list can be asked for included."""
    for name, module in _modules():
        for attribute, value in vars(module).items():
            if isinstance(value, Resource):
                for part in ("insert", "lock", "read", "save", "many", "find"):
                    yield from _of(f"{value.table}.{part}", getattr(value.sql, part))
            elif name.endswith("sql") and not attribute.startswith("_"):
                yield from _of(f"{name.rpartition('.')[0]}.{attribute}", value)


def _of(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, TextClause):
        numbers: dict[str, int] = {}
        yield name, re.sub(r"(?<![:\w]):(\w+)", lambda one: f"${numbers.setdefault(one[1], len(numbers) + 1)}",
                           value.text)
    elif isinstance(value, Listing):
        if value.noun:
            yield f"{name} known", _numbered(value.known)
        for filter in (None, *value._filters, "after", "before"):
            yield f"{name} {filter or ''}".strip(), _numbered(value.of({filter: 1} if filter else {}))
    elif isinstance(value, Searchable):
        yield name, _numbered(value.base)
    elif isinstance(value, str) and re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", value):
        yield name, _numbered(value)


def _numbered(text: str) -> str:
    """A statement of psycopg's with PostgreSQL's own placeholders."""
    numbers: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        return f"${numbers.setdefault(found[1] or str(found.start()), len(numbers) + 1)}"

    return re.sub(r"%(?:\((\w+)\))?s", number, text).replace("%%", "%")


def _scans(plan: Any) -> Iterator[dict[str, Any]]:
    """The nodes of a plan that read a table."""
    if "Relation Name" in plan and plan["Node Type"] != "ModifyTable":
        yield plan
    for below in plan.get("Plans", ()):
        yield from _scans(below)


def _binds(scan: dict[str, Any]) -> bool:
    conditions = " ".join(str(scan.get(name, "")) for name in ("Index Cond", "Recheck Cond", "Filter"))
    return re.search(r"\benv = |= \w+\.env\b", conditions) is not None


@pytest.fixture(scope="module")
def link(postgres: Schema) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(books.superuser(postgres.server, postgres.urls), autocommit=True) as made:
        yield made


def test_every_statement_fits_the_schema_and_touches_one_environment(link: psycopg.Connection[Any]) -> None:
    tenants = {name for (name,) in link.execute(
        "SELECT table_schema || '.' || table_name FROM information_schema.columns WHERE column_name = 'env'")}
    refused, everywhere, planned = {}, set(), 0
    for name, statement in _texts():
        if name in NOT_ASKED:
            continue
        try:
            [[[found]]] = link.execute(f"EXPLAIN (GENERIC_PLAN, VERBOSE, FORMAT JSON) {statement}").fetchall()
        except psycopg.Error as error:
            refused[name] = str(error)
            continue
        planned += 1
        if not all(_binds(scan) for scan in _scans(found["Plan"])
                   if f"{scan['Schema']}.{scan['Relation Name']}" in tenants and scan["Schema"] == "pay"):
            everywhere.add(name)
    assert refused == {}
    assert everywhere == EVERYWHERE.keys()
    assert planned > 300
