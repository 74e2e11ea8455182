"""The books check itself: quiet in a world without faults, and it sees every violation that is planted."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from backend import card_numbers
from backend.reconciliation import invariants
from backend.reconciliation.invariants import Check
from backend.stack import roles
from tests import card_corpora
from tests.books import superuser
from tests.stack import Schema

WORLD = Path(__file__).with_name("world.sql")
CHECKS = invariants.checks()
WAITING = {"R6", "O1", "O2", "O3", "O4", "O5"}

# Lets a violation be written: in the copy nothing is left of constraints, unique indexes and triggers.
RELAX = """
DO $$ DECLARE r record; BEGIN
  FOR r IN SELECT conrelid::regclass AS t, conname FROM pg_constraint
            WHERE connamespace IN ('pay'::regnamespace, 'vault'::regnamespace) AND contype IN ('f', 'c', 'u', 'p', 'n')
              AND coninhcount = 0  -- a day's table loses them with its parent
             AND NOT (contype = 'n' AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = conrelid
                                                 AND attnum = ANY (conkey) AND attidentity <> ''))
            ORDER BY array_position(ARRAY['f', 'c', 'u', 'p', 'n'], contype::text) LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS %I CASCADE', r.t, r.conname);
  END LOOP;
  FOR r IN SELECT indexrelid::regclass AS i FROM pg_index JOIN pg_class c ON c.oid = indrelid
            WHERE c.relnamespace IN ('pay'::regnamespace, 'vault'::regnamespace) AND indisunique
              AND NOT c.relispartition LOOP
    EXECUTE format('DROP INDEX %s', r.i);
  END LOOP;
  FOR r IN SELECT tgrelid::regclass AS t, tgname FROM pg_trigger
            WHERE NOT tgisinternal AND starts_with(tgrelid::regclass::text, 'pay.') LOOP
    EXECUTE format('DROP TRIGGER %I ON %s', r.tgname, r.t);
  END LOOP; END $$"""

# Text that only this program writes: ids, states, hashes, addresses of acquirers. Everything else S1 must read.
OURS = re.compile(
    r"^brake\.key$|\.(id|env|kind|status|entity|from_s|to_s|actor|request_id|client_secret|\w+_id|\w*_key|number|currency|type|code"
    r"|connector|acquirer_ref|capture_method|confirmation_method|setup_future_usage|payment_method_types"
    r"|automatic_payment_methods|payment_method_options|last_attempt|allow_redisplay|failure_code|authorization_code"
    r"|found|action|trans_status|eci|cavv|api_version|recovery_point|request_hash|mode|ui_mode|submit_type|payment_status"
    r"|billing_address_collection|profile|secrets|outcome|body_sha256|request_headers|disabled_reason"
    r"|enabled_events|previous_events|ref_id|login|tbl|op|prev|hash|set_up|answers|tax_exempt|discount|customer_creation|brake"
    r"|default_source|awaits|receipt_number)$")

UNREADABLE = {"file_piece.content"}
"""The bytes of uploaded files: in them any thirteen digits may stand by chance."""


@pytest.fixture(scope="module")
def world(postgres: Schema) -> Iterator[tuple[psycopg.Connection[Any], roles.Urls]]:
    """The world in a database of its own, as superuser: first with all walls standing."""
    urls = postgres.fresh()
    with psycopg.connect(superuser(postgres.server, urls)) as link:
        link.execute("SET session_replication_role = replica")
        link.execute(WORLD.read_text())
        link.commit()
        link.execute("SET session_replication_role = origin")
        link.execute(RELAX)
        link.execute("UPDATE pay.transfer SET created_at = now() - interval '10 days'")
        link.commit()
        for env in ("0", "1", "2"):
            link.execute("SELECT set_config('app.env', %s, true), pay.audit_seal(%s, NULL, NULL)", (env, env))
            link.commit()
        yield link, urls


def _rows(link: psycopg.Connection[Any], check: Check) -> int:
    """How many rows the check returns to the role that runs it in earnest."""
    role = roles.VAULT if check.id in invariants.VAULT_CHECKS else roles.AUDITOR
    link.execute(f"SET LOCAL ROLE {role}")
    link.execute("SELECT set_config('app.env', %s, true)", ("1" if role == roles.VAULT else "0",))
    cursor = link.execute(check.query)
    names = [column.name for column in cursor.description or ()]
    found = invariants.judged(check, [dict(zip(names, row, strict=True)) for row in cursor.fetchall()])
    link.execute("RESET ROLE")
    return len(found)


async def test_nothing_is_found_in_an_empty_database(postgres: Schema) -> None:
    urls = postgres.fresh()
    assert [str(found) for found in await invariants.run(urls.auditor, urls.vault)] == []


async def test_a_check_may_say_like(postgres: Schema, monkeypatch: pytest.MonkeyPatch) -> None:
    one = Check("Z1", "a sentence", (), "SELECT 1 AS found WHERE 'requires_action' LIKE 'requires%'")
    monkeypatch.setattr(invariants, "checks", lambda: (one,))
    assert [str(found) for found in await invariants.run(postgres.urls.auditor, postgres.urls.vault)] == [
        "Z1 (a sentence): [{'found': 1}]"]


async def test_nothing_is_found_in_a_world_without_faults(world: tuple[psycopg.Connection[Any], roles.Urls]) -> None:
    catalogue = {"C5", "C7", "C12", "C13"}  # the copy's walls are down, which these see
    found = await invariants.run(world[1].auditor, world[1].vault)
    assert [str(one) for one in found if one.check.id not in catalogue] == []


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_a_planted_violation_is_found(check: Check, postgres: Schema,
                                      world: tuple[psycopg.Connection[Any], roles.Urls]) -> None:
    assert check.plants
    if check.id.startswith("C"):  # the schema's own checks look at the real schema
        with psycopg.connect(superuser(postgres.server, postgres.fresh())) as link:
            _caught(link, check)
    else:
        _caught(world[0], check)


def _caught(link: psycopg.Connection[Any], check: Check) -> None:
    for plant in check.plants:
        assert _rows(link, check) == 0, "clean before"
        link.execute(plant)
        assert _rows(link, check) > 0, plant
        link.rollback()


def test_digits_of_two_columns_are_no_card_number(world: tuple[psycopg.Connection[Any], roles.Urls]) -> None:
    cards = next(check for check in CHECKS if check.id == "S1")
    link = world[0]
    link.execute("INSERT INTO pay.request VALUES (1, now(), 'req_1', 'POST', '/v1/customers', 200, 1, NULL, 'mk_1', "
                 "'45391488', '03436467', '4539.1488', '03436467', '[]', '', '{}')")
    assert _rows(link, cards) == 0
    link.execute("UPDATE pay.request SET idempotency_key = '127.0.0.1 4539148803436467'")
    assert _rows(link, cards) == 1
    link.rollback()


def _stored(link: psycopg.Connection[Any], found: list[tuple[str, str]]) -> set[str]:
    """The texts, of those stored in the three kinds of column, in which the books check sees a card number."""
    link.execute("ALTER TABLE pay.customer DISABLE ROW LEVEL SECURITY")
    for at, (_, text) in enumerate(found):
        link.execute("INSERT INTO pay.customer (env, id, name, metadata, preferred_locales, created_at) "
                     "VALUES (1, %s, %s, '{}', '{}', now())", (f"cus_{at}", text if at % 3 == 0 else None))
        if at % 3 == 1:
            link.execute("UPDATE pay.customer SET metadata = jsonb_build_object('note', %s::text) WHERE id = %s",
                         (text, f"cus_{at}"))
        if at % 3 == 2:
            link.execute("INSERT INTO pay.idempotency (env, key, request_hash, response_body, response_code, "
                         "recovery_point) VALUES (1, %s, '', %s, 200, 'finished')",
                         (f"cus_{at}", text.encode()))
    check = next(check for check in CHECKS if check.id == "S1")
    cursor = link.execute(check.query)
    names = [column.name for column in cursor.description or ()]
    return {row["id"] for row in invariants.judged(check, [dict(zip(names, row, strict=True)) for row in cursor])}


@pytest.mark.parametrize("kinds", [card_corpora.REFERENCES, card_corpora.CHANCE, card_corpora.DISGUISES])
def test_the_books_check_and_the_doors_agree(kinds: dict[str, card_corpora.Kind],
                                             world: tuple[psycopg.Connection[Any], roles.Urls]) -> None:
    texts = [(name, text) for name, text in card_corpora.texts(kinds, 60)]
    refused = {f"cus_{at}" for at, (_, text) in enumerate(texts) if card_numbers.holds(text)}
    try:
        assert _stored(world[0], texts) == refused
    finally:
        world[0].rollback()


def test_figures() -> None:
    plants = sum(len(check.plants) for check in CHECKS)
    print(f"\ninvariants: {len(CHECKS)} checks, {plants} plants; waiting for their tables: {len(WAITING)}")
    assert len({check.id for check in CHECKS}) == len(CHECKS)
    assert not {check.id for check in CHECKS} & WAITING
    assert {check.id for check in CHECKS} >= invariants.RECORD_CHECKS | invariants.VAULT_CHECKS


def test_every_column_that_people_can_fill_is_searched_for_card_numbers(postgres: Schema) -> None:
    with psycopg.connect(postgres.urls.owner) as link:
        columns = link.execute(
            "SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables "
            "USING (table_schema, table_name) WHERE table_schema = 'pay' AND table_type = 'BASE TABLE' "
            "AND data_type IN ('text', 'jsonb', 'json', 'bytea', 'ARRAY', 'character varying') "
            "AND NOT (SELECT relispartition FROM pg_class WHERE oid = to_regclass(table_schema || '.' || table_name))"
        ).fetchall()
    query = next(check.query for check in CHECKS if check.id == "S1")
    parts = {match[1]: match[0] for match in re.finditer(r"'(\w+)'(?: AS tbl)?, (?:.|\n)*?FROM pay\.\1\b", query)}
    missed = [f"{table}.{column}" for table, column in columns
              if not OURS.search(f"{table}.{column}") and f"{table}.{column}" not in UNREADABLE
              and not re.search(rf"\b{column}\b", parts.get(table, ""))]
    assert missed == []
