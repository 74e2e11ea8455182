"""SQL keeps to its noun: it names its own tables, and of lower floors what they offer as functions and views.

Import contracts cannot see into SQL. It is read token by token, without comments and texts.
"""

import ast
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from backend.migrations import definitions
from tests.stack import ROOT
from tests.tidy.test_house import tree

KEEPS = {
    "accounts": "core.account core.api_key core.environment core.login core.member core.tally pay.account_profile",
    "audit": "pay.audit pay.audit_block pay.audit_edge pay.history pay.transition",
    "cards": "vault.bank_account vault.card vault.key",
    "catalog": "pay.coupon pay.price pay.product pay.promotion_code pay.shipping_rate pay.tax_rate",
    "checkout_sessions": "pay.checkout_line_item pay.checkout_session",
    "customers": "pay.confirmation_token pay.customer pay.customer_balance_transaction pay.mandate pay.payment_method "
                 "pay.tax_id pay.token",
    "disputes": "pay.dispute pay.early_fraud_warning",
    "due": "pay.due",
    "events": "pay.event pay.outbox",
    "exchanges": "pay.attempt pay.verdict",
    "files": "pay.file pay.file_link pay.file_piece",
    "ledger": "pay.account pay.funds pay.hold pay.transfer",
    "mail": "pay.mail",
    "migrations": "core.alembic_version core.definition",
    "payment_links": "pay.payment_link",
    "payments": "pay.authentication pay.charge pay.payment",
    "reconciliation": "pay.acquirer_record pay.orphan",
    "refunds": "pay.refund",
    "requests": "pay.idempotency pay.request pay.request_object",
    "risk": "pay.brake",
    "setups": "pay.setup_attempt pay.setup_authentication pay.setup_intent",
    "webhooks": "pay.delivery pay.delivery_attempt pay.endpoint",
}
"""Noun -> its tables."""
OWNER = {table: noun for noun, tables in KEEPS.items() for table in tables.split()}

EXCEPTIONS = {
    "audit core.environment": "looks after every environment",
    "audit core.api_key": "seals are made of the tables that it watches",
    "audit core.member": "seals are made of the tables that it watches",
    "audit pay.endpoint": "seals are made of the tables that it watches",
    "audit vault.bank_account": "seals are made of the tables that it watches",
    "audit vault.card": "seals are made of the tables that it watches",
    "audit vault.key": "seals are made of the tables that it watches",
    "cards core.environment": "the vault has no other way to learn whose environment it is",
    "audit pay.transfer": "a block seals the transfers of its time",
    "catalog pay.payment": "a code for the first order looks whether there was one",
    "events webhooks.outbox_relay": "the outbox becomes deliveries in one statement",
    "events pay.charge": "who waits for an event depends on what the charge belongs to",
    "events pay.checkout_session": "who waits for an event depends on what the payment belongs to",
    "events pay.delivery": "an event shows how many deliveries of it are pending",
    "events pay.payment": "who waits for an event depends on what the payment belongs to",
    "ledger accounts.business_now": "its rows are dated by the environment's clock",
    "ledger core.account": "a balance of nothing is in the account's currency",
    "ledger core.environment": "a balance of nothing is in the account's currency",
    "ledger pay.charge": "a balance transaction names the charge that it came of",
    "ledger pay.payment": "a balance transaction shows the payment's description; funds mature by payment",
    "ledger pay.refund": "the draw rule looks at what a payment's earlier refunds took",
    "payments pay.attempt": "a step of a payment and its message are read together and written in one commit",
    "payments pay.customer": "one round trip reads all that a verb must know",
    "payments pay.history": "the portal shows the steps of a payment",
    "payments pay.payment_method": "one round trip reads all that a verb must know",
    "payments pay.refund": "what is released of a hold is a refund, written by the commit that releases it",
    "reconciliation core.environment": "looks after every environment",
    "reconciliation pay.account": "compares our books with the acquirers' journals",
    "reconciliation pay.attempt": "compares our messages with the acquirers' records; bounds due times",
    "reconciliation pay.brake": "bounds due times",
    "reconciliation pay.due": "bounds due times",
    "reconciliation pay.delivery": "bounds due times",
    "reconciliation pay.endpoint": "bounds due times",
    "reconciliation pay.payment": "its statistics are renewed before the checks join it",
    "reconciliation pay.refund": "bounds due times",
    "refunds pay.attempt": "one round trip reads all that a step of a refund must know",
    "refunds pay.charge": "one round trip reads all that a step of a refund must know",
    "refunds pay.payment": "one round trip reads all that a step of a refund must know",
    "requests core.api_key": "a line of the log shows the key's name",
    "risk pay.charge": "the alarm compares declines with the charges before",
    "setups pay.transition": "its lifecycle is a table of steps, too",
    "webhooks core.environment": "looks after every environment",
    "webhooks pay.attempt": "the sweeper asks once for all kinds of work",
    "webhooks pay.event": "a delivery is made of its event",
    "webhooks pay.outbox": "the outbox becomes deliveries in one statement",
    "webhooks pay.refund": "the sweeper asks once for all kinds of work",
}
"""What is named all the same, and why. The list may only become shorter."""

_NOISE = re.compile(r"--[^\n]*|'(?:[^']|'')*'")
_SCHEMA = r"(?:\b(pay|core|vault)\.)?"
_RELATION = re.compile(rf"(?:\b(?:FROM|JOIN|UPDATE|INTO|ANALYZE)\s+|\bNULL::|,\s+){_SCHEMA}\b([a-z_]+)\b(?!\()")
_CALL = re.compile(rf"{_SCHEMA}\b([a-z_]+)\s*\(")


@cache
def _floors() -> dict[str, int]:
    """Noun -> how high it stands."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [layers] = [one["layers"] for one in contracts if one.get("containers") == ["backend"]]
    return {name: -place for place, layer in enumerate(layers) for name in re.findall(r"\w+", layer)}


@cache
def _offered() -> dict[str, str]:
    """Function or view, with its schema -> its noun."""
    found = {}
    for path in definitions.paths(ROOT):
        made = re.findall(r"^CREATE OR REPLACE (?:FUNCTION|VIEW) (\w+\.\w+)", path.read_text(), re.MULTILINE)
        found |= dict.fromkeys(made, _noun(path))
    return found


def _texts() -> Iterator[tuple[str, str, str, str]]:
    """Noun, the schema in which bare names are looked for, file, SQL."""
    for path in definitions.paths(ROOT):
        text = path.read_text()
        schema = re.search(r"SET search_path = (\w+)", text)
        yield _noun(path), schema[1] if schema else "", path.relative_to(ROOT).as_posix(), text
    for path in ROOT.glob("backend/*/*sql.py"):
        yield _noun(path), "", path.relative_to(ROOT).as_posix(), "\n".join(_said(path))


def _noun(path: Path) -> str:
    home, noun = path.relative_to(ROOT).parts[:2]
    return "cards" if home == "vault" else noun


def _said(path: Path) -> Iterator[str]:
    """The texts of a module that are no docstrings."""
    nodes = list(ast.walk(tree(path)))
    told = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value


def _named(text: str, schema: str) -> set[str]:
    """Every table, function and view that a text of SQL names, with its schema."""
    text = _NOISE.sub("''", text) if schema else text
    found = {f"{at or schema}.{name}" for at, name in _RELATION.findall(text)} & (OWNER.keys() | _offered().keys())
    if not schema:  # always with its schema here
        found |= {name for name in re.findall(r"\b(?:pay|core|vault)\.[a-z_]+", text)
                  if name in OWNER or name in _offered()}
    return found | {f"{at or schema}.{name}" for at, name in _CALL.findall(text)} & _offered().keys()


def _breaches() -> dict[str, set[str]]:
    """What a noun names of others that they do not offer -> where."""
    found: dict[str, set[str]] = defaultdict(set)
    for noun, schema, file, text in _texts():
        for name in _named(text, schema):
            owner = OWNER.get(name) or _offered()[name]
            offered = name in _offered() and _floors()[owner] < _floors()[noun]
            if owner != noun and not offered:
                shown = name if name in OWNER else f"{owner}.{name.partition('.')[2]}"
                found[f"{noun} {shown}"].add(file)
    return found


def test_every_table_has_a_noun() -> None:
    schema = (ROOT / "backend" / "migrations" / "schema.sql").read_text()
    assert set(re.findall(r"^CREATE TABLE (\w+\.\w+) \(", schema, re.MULTILINE)) == OWNER.keys()


def test_the_sql_of_a_noun_names_its_own_tables_and_what_lower_floors_offer() -> None:
    assert {breach: sorted(places) for breach, places in _breaches().items() if breach not in EXCEPTIONS} == {}


def test_no_exception_is_out_of_date() -> None:
    assert EXCEPTIONS.keys() - _breaches().keys() == set()
    assert [breach for breach, why in EXCEPTIONS.items() if not why] == []


def test_what_is_named_is_seen() -> None:
    text = """-- FROM charge
        SELECT 'FROM refund' FROM ready, endpoint n, core.environment v JOIN event e ON true WHERE ledger_apply(1)"""
    assert _named(text, "pay") == {"pay.endpoint", "core.environment", "pay.event", "pay.ledger_apply"}


PATH = ("customers", "disputes", "events", "ledger", "mail", "payments", "requests", "risk")
"""Whose functions a payment runs through."""
SWEPT = {f"backend/{name}.sql" for name in (
    "events/functions/outbox_environments", "ledger/functions/funds_environments", "ledger/functions/holds_waiting",
    "mail/functions/mails_due", "payments/functions/questions_due", "requests/functions/keys_forget",
    "risk/functions/brakes_forget")}
"""What the sweeper alone runs, to find the environments in which something waits (backend/agenda)."""
_SCANNED = re.compile(rf"\b(?:FROM|JOIN|UPDATE)\s+{_SCHEMA}([a-z_]+)\b(?!\()")
_BOUND = re.compile(r"\benv = (?:p_env|NEW\.env|\w+\.env)\b|\(\w+\.env, ")


def test_every_statement_of_a_payments_functions_binds_its_environment() -> None:
    """So that it runs on one shard. What Python sends is planned by PostgreSQL itself (test_statements.py)."""
    unbound = {}
    for noun, schema, file, text in _texts():
        if noun not in PATH or file in SWEPT or "CREATE OR REPLACE FUNCTION" not in text:
            continue
        for statement in _NOISE.sub("''", text).split(";"):
            scanned = [name for at, name in _SCANNED.findall(statement) if f"{at or schema}.{name}" in OWNER]
            if len(_BOUND.findall(statement)) < len(scanned):
                unbound[file] = scanned
    assert unbound == {}


def test_what_the_sweeper_reads_across_environments_lets_it() -> None:
    """A table without the policy has no rows for it, and nobody is told."""
    schema = (ROOT / "backend" / "migrations" / "schema.sql").read_text()
    texts = {path.stem: path.read_text() for path in definitions.paths(ROOT)}
    asked = {name for one in ("work_due", "due_adopt") for _, name in _CALL.findall(texts[one])} & texts.keys()
    read = {f"pay.{name}" for one in asked for at, name in _SCANNED.findall(_NOISE.sub("''", texts[one]))
            if f"pay.{name}" in OWNER}
    assert len(read) > 8
    assert sorted(table for table in read if f"CREATE POLICY sweeper ON {table} " not in schema) == []
