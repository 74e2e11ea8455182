"""Rows and the SQL that takes them cannot drift: columns, lists of documents and SET lists are compared both ways."""

import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import NoneType, SimpleNamespace, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest

import backend
from backend import rows
from backend.accounts.rows import USE
from backend.cards.rows import FACTS, Facts
from backend.checkout_sessions.rows import ITEM, SESSION
from backend.customers import customers, payment_methods
from backend.customers.rows import CUSTOMER, CUSTOMER_CHANGE, METHOD, METHOD_CHANGE
from backend.events.rows import EVENT
from backend.exchanges import rows as attempts
from backend.exchanges.rows import Attempt
from backend.ledger.rows import Entry
from backend.migrations import definitions
from backend.payments import commits
from backend.payments import rows as payments
from backend.payments.sql import WRITE_IN
from backend.reconciliation.rows import RECORD
from backend.requests.rows import CLAIM, FINISH, REQUEST, Claim
from backend.resources import resources
from backend.resources.resources import Resource
from backend.risk import brakes
from backend.risk.rows import COUNT
from backend.rows import Lists, Misnamed, Part, Row
from backend.webhooks.rows import SENDING, Sending
from tests.stack import ROOT

SCHEMA = (ROOT / "backend" / "migrations" / "schema.sql").read_text()
TYPES = {"bigint": int, "int": int, "integer": int, "smallint": int, "real": float, "float": float, "text": str,
         "character": str, "boolean": bool, "text[]": list[str], "jsonb": rows.Json, "uuid": rows.Uuid,
         "timestamp with time zone": rows.Time, "timestamptz": rows.Time}
"""SQL's types -> those of the fields."""
COMPARED = {"backend/audit/sql.py"}
"""Reads a list beside a table, and writes nothing of it."""


def _modules() -> Iterator[Any]:
    for found in pkgutil.walk_packages(backend.__path__, "backend."):
        if not found.name.startswith(("backend.migrations.", "backend.stack.")):
            yield importlib.import_module(found.name)


KINDS = [one for module in _modules() if module.__name__.endswith(".rows") for one in vars(module).values()
         if isinstance(one, type) and issubclass(one, Row) and one.__module__ == module.__name__ and one is not Row]
TABLES = {kind.table: kind for kind in KINDS if kind.table}
RESOURCES = list({id(one): one for module in _modules() for one in vars(module).values()
                  if isinstance(one, Resource)}.values())
PARTS: dict[str, Part] = {
    **{f"payments {name}": part for name, part in payments.WRITE.parts.items() if part},
    "api keys": USE, "sessions": SESSION, "line items": ITEM, "customers": CUSTOMER,
    "customer changes": CUSTOMER_CHANGE, "methods": METHOD, "method changes": METHOD_CHANGE, "events": EVENT,
    "records": RECORD, "claims": CLAIM, "answers": FINISH, "requests": REQUEST, "brakes": COUNT,
    "deliveries": SENDING, "cards": FACTS}


def _fields(kind: type[Row]) -> dict[str, tuple[Any, bool]]:
    """Name -> (type, nullable)."""
    found = {}
    for name, hint in get_type_hints(kind, include_extras=True).items():
        if name in kind.columns:
            union = get_origin(hint) in (Union, UnionType)
            inner = [one for one in get_args(hint) if one is not NoneType] if union else [hint]
            found[name] = (inner[0], union)
    return found


def _table(name: str) -> dict[str, tuple[Any, bool]]:
    body = re.search(rf"^CREATE TABLE {re.escape(name)} \((.*?)^\)", SCHEMA, re.DOTALL | re.MULTILINE)
    assert body, f"there is no table {name}"
    found = {}
    for line in body[1].splitlines():
        if column := re.match(r"    ([a-z]\w*) (timestamp with time zone|\w+(?:\[\])?)(.*)", line):
            found[column[1]] = (TYPES.get(column[2]), "NOT NULL" not in column[3])
    return found


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.table], ids=lambda kind: kind.table)
def test_a_table_and_its_class_have_the_same_columns(kind: type[Row]) -> None:
    assert _fields(kind) == _table(kind.table)


def test_what_may_be_left_out_may_be_null() -> None:
    """But for what a trigger counts."""
    wrong = {(kind.__name__, name) for kind in TABLES.values() for name, (_, nullable) in _fields(kind).items()
             if name not in rows.needed(kind) and not nullable}
    assert wrong == {("Authentication", "step")}


def _statements() -> Iterator[tuple[str, str]]:
    """File -> text of every function and every sql.py, without comments."""
    for path in (*definitions.paths(ROOT), *sorted(ROOT.glob("backend/**/*sql.py"))):
        yield path.relative_to(ROOT).as_posix(), re.sub(r"--[^\n]*", "", path.read_text())


def test_whoever_inserts_a_document_has_a_class_for_its_table() -> None:
    read = {(file, f"pay.{table}") for file, text in _statements()
            for table in re.findall(r"jsonb_populate_record(?:set)?\(NULL::(?:pay\.)?(\w+)", text)}
    assert {table for _, table in read} - TABLES.keys() == {"pay.dispute", "pay.early_fraud_warning"}
    assert len(read) > 8


def _named(listed: str) -> dict[str, Any]:
    """Name -> type of `name type, …`."""
    return {name: TYPES[kind] for name, kind in re.findall(r"(\w+) (\w+(?:\[\])?)", listed)}


def test_every_list_of_names_in_sql_is_that_of_a_class() -> None:
    known = [{name: kind for name, (kind, _) in _fields(kind).items()} for kind in KINDS]
    known += [{name: kind for name, kind in one.items() if name in part.known}
              for one in list(known) for part in PARTS.values()]
    beside = [{name: TYPES[kind] for name, kind in one.items()} for one in (
        {"id": "text", "version": "int", "change": "jsonb"}, {"id": "text", "status": "text", "change": "jsonb"},
        {"id": "uuid", "check_no": "int", "change": "jsonb"}, {"charge_id": "text"})]
    texts = {file: text for file, text in _statements() if file not in COMPARED}
    found = [(file, _named(listed)) for file, text in texts.items() for listed in re.findall(
        r"jsonb_to_recordset\([^()]*(?:\([^()]*\))?[^()]*\)\s+AS\s+\w*\s*\(([^()]*)\)", text)]
    assert len(found) == sum(text.count("jsonb_to_recordset(") for text in texts.values())
    assert [one for one in found if one[1] not in (*known, *beside)] == []


def _function(name: str) -> str:
    [text] = [text for file, text in _statements() if file.endswith(f"/functions/{name}.sql")]
    return text


def _assigned(text: str) -> dict[str, str]:
    """Column -> the name in the document that an UPDATE takes it from; itself for one that it makes."""
    if several := re.match(r"\(([^)]*)\) =\s*\(SELECT (.*?)\s+FROM", text, re.DOTALL):
        pairs = list(zip(*(re.split(r",\s*", one) for one in several.groups()), strict=True))
    else:
        pairs = [one.split(" = ") for one in re.split(r",\s*", text)]
    return {column.strip(): (re.search(r"(?:\w+\.|->>?')(\w+)'?\)?(?:::\w+)?$", value.strip()) or [column, column])[1]
            for column, value in pairs}


@pytest.mark.parametrize(("function", "table", "part", "made"), [
    ("payment_write", "payment", "changes", {"version"}), ("payment_write", "attempt", "settles", {"leased_until"}),
    ("payment_write", "authentication", "authentication_changes", set()),
    ("payment_write", "charge", "charge_changes", set()),
    ("refunds_write", "refund", "refund_changes", {"leased_until"}),
    ("attempts_write", "attempt", "settles", {"leased_until"}),
])
def test_a_change_writes_what_its_class_says_and_nothing_else(function: str, table: str, part: str,
                                                              made: set[str]) -> None:
    lists = re.findall(rf"UPDATE {table}(?: \w)? SET (.*?)\s+(?:FROM \(SELECT|WHERE)", _function(function), re.DOTALL)
    [assigned] = [found for one in lists if len(found := _assigned(one)) > 1]
    change = payments.WRITE.parts[part].change
    assert assigned.keys() == change.known | made
    assert {column: name for column, name in assigned.items() if column != name and column not in made} == {}


@pytest.mark.parametrize("part", ["settles", "attempts"])
def test_the_text_that_stands_twice_is_the_same(part: str) -> None:
    alone, shared = (re.findall(rf"^  IF d \? '{part}' THEN\n.*?^  END IF;\n", _function(name), re.S | re.M)
                     for name in ("attempts_write", "payment_write"))
    assert len(alone) == 1
    assert alone == shared


def test_a_caller_s_transaction_writes_all_that_its_document_may_say() -> None:
    assert f"SELECT {payments.WRITE.statement}(" in str(WRITE_IN)


@pytest.mark.parametrize(("functions", "lists"), [
    (("payment_commit", "payment_write", "refunds_write", "disputes_write"), payments.WRITE),
    (("attempts_write",), attempts.WRITE)], ids=["payments", "attempts"])
def test_the_lists_of_a_document_are_those_that_its_functions_read(functions: tuple[str, ...], lists: Lists) -> None:
    text = "".join(map(_function, functions))
    read = set(re.findall(r"\bd ?(?:->|\?) ?'(\w+)'", text)) | {
        name for several in re.findall(r"d \?\| ARRAY\[([^\]]*)\]", text) for name in re.findall(r"'(\w+)'", several)}
    assert read == lists.parts.keys()


@pytest.mark.parametrize(("kind", "functions", "letters"), [
    (Entry, "backend/ledger/functions/*.sql", r"(?:e|x|x\.e)"),
    (Claim, "backend/requests/functions/key_claim.sql", "k"),
    (Sending, "backend/webhooks/functions/delivery_record.sql", "p"), (Facts, "vault/functions/card_keep.sql", "p")],
    ids=["entries", "claims", "deliveries", "cards"])
def test_what_is_read_of_an_element_is_what_its_class_has(kind: type[Row], functions: str, letters: str) -> None:
    text = "".join(path.read_text() for path in ROOT.glob(functions))
    assert set(re.findall(rf"\b{letters} ?(?:->>|->|\?) ?'(\w+)'", text)) == set(kind.columns)


def _element(part: Part) -> dict[str, Any]:
    """One that passes: it says what it must and no more."""
    made = dict.fromkeys(part.needed)
    return made | ({"change": _element(part.change)} if part.change else {})


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_a_misspelt_name_is_stopped(part: Part) -> None:
    part.check(_element(part))
    inner = part.change or part

    def element(change: Mapping[str, Any]) -> dict[str, Any]:
        return _element(part) | {"change": change} if part.change else dict(change)

    with pytest.raises(Misnamed, match=rf"^{inner.name} has no column metdata\.$"):
        part.check(element(_element(inner) | {"metdata": None}))
    for name in inner.columns - inner.known:
        with pytest.raises(Misnamed, match=rf"^{inner.name}: the statement does not write {name}\.$"):
            part.check(element(_element(inner) | {name: None}))
    for name in inner.needed:
        with pytest.raises(Misnamed, match=rf"^{inner.name}: {name} must be said\.$"):
            part.check(element({other: None for other in _element(inner) if other != name}))


def test_a_list_that_nobody_reads_is_stopped() -> None:
    with pytest.raises(Misnamed, match=r"pay\.payment_commit takes no list refund_change\."):
        payments.WRITE.check({"refund_change": []})


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda one: one.table)
async def test_a_document_that_nobody_would_read_is_stopped(resource: Resource) -> None:
    words = rf"^{resource.table}: its documents have no metdata\.$"
    row = dict.fromkeys(resource.names)
    with pytest.raises(Misnamed, match=words):
        await resources.create(None, None, resource, {"metdata": {}})
    with pytest.raises(Misnamed, match=words):
        await resources.save(None, None, resource, row, {"metdata": {}})
    with pytest.raises(Misnamed, match=words):
        resources.born(None, resource, {"metdata": {}})


def test_every_table_of_documents_is_looked_at() -> None:
    tables = {name for name in re.findall(r"^CREATE TABLE (pay\.\w+) \(", SCHEMA, re.MULTILINE)
              if _table(name).get("doc")}
    assert tables - {resource.table for resource in RESOURCES} == {"pay.token"}  # its statement names all that it has


async def test_nothing_is_sent_that_was_stopped() -> None:
    """There is no database here: each verb stops before it would ask one."""
    change = {"changes": [{"id": "pi_1", "version": 1, "change": {"metdata": {}}}]}
    for verb in (commits.write(None, change), commits.write_in(None, None, change),
                 customers.save(None, None, {"id": "cus_1"}, {"metdata": {}}),
                 payment_methods._save(None, None, {"id": "pm_1"}, {"metdata": {}}, None, None),
                 brakes.count(None, [{"kynd": "card"}])):
        with pytest.raises(Misnamed):
            await verb


def test_a_change_says_only_what_is_new() -> None:
    before = {"amount": 100, "failure_code": "a", "outcome": {"type": "b"}, "own": None}
    after = before | {"failure_code": None, "outcome": {"type": "c"}, "disputed": False}
    assert rows.changes(before, after) == {"failure_code": None, "outcome": {"type": "c"}, "disputed": False}
    assert rows.changes(before, dict(before)) == {}


def test_a_column_of_a_later_release_is_not_written_back() -> None:
    """Old processes read rows that have columns which they do not know, while an upgrade runs."""
    before = payments.Charge.read(dict.fromkeys(payments.Charge.columns) | {"id": "ch_1", "of_tomorrow": "x"})
    by = SimpleNamespace(actor="key", request_id="req_1")
    doc = commits.charged(by, before, replace(before, amount=200))
    assert doc == {"charge_changes": [{"id": "ch_1", "change": {"amount": 200, "actor": "key", "request_id": "req_1"}}]}
    payments.WRITE.check(doc)


def test_what_is_read_leaves_a_later_release_behind() -> None:
    told = dict.fromkeys(Attempt.columns) | {"number": 3, "of_tomorrow": "x"}
    read = Attempt.read(told)
    assert vars(read) == {name: value for name, value in told.items() if name != "of_tomorrow"}
    payments.WRITE.check({"attempts": [read]})
    with pytest.raises(Misnamed, match=r"^pay\.refund takes no Attempt\.$"):
        payments.WRITE.check({"refunds": [read]})
