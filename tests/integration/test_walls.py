"""The walls in the schema: what no code of ours, right or wrong, can write. Each is torn down once to see it matter.

Every attack runs twice, each time in a fresh database: with the wall it must be refused (by the expected SQLSTATE) and
leave no damage; without the wall the same attack must do its damage, else the test proves nothing.
"""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import Any

import psycopg
import pytest
from psycopg import sql as compose
from psycopg.types.json import Jsonb

from backend.stack import roles
from tests import books
from tests.stack import Schema

Link = psycopg.Connection[Any]
RACERS = 20

BASE = """
INSERT INTO core.account(id, name) VALUES ('acct_1', 'One'), ('acct_2', 'Two');
INSERT INTO core.environment(account_id, mode) VALUES ('acct_1', 'test'), ('acct_2', 'test');
SELECT set_config('app.env', '2', false);
INSERT INTO pay.payment(env, id, amount, currency, status, client_secret, created_at)
  VALUES (2, 'pi_other', 500, 'usd', 'requires_payment_method', 's', now());
SELECT pay.ledger_apply(2, '[
  {"op": "post", "group": "00000000-0000-4000-8000-000000000002", "debit": "acquirer_clearing",
   "credit": "merchant_pending", "currency": "usd", "amount": 500, "code": "capture", "ref": "pi_other"}]');
SELECT set_config('app.env', '1', false);
INSERT INTO pay.payment(env, id, amount, currency, status, client_secret, created_at)
  VALUES (1, 'pi_1', 1000, 'usd', 'processing', 's', now()),
         (1, 'pi_2', 1000, 'usd', 'requires_payment_method', 's', now());
SELECT pay.ledger_apply(1, '[
  {"op": "post", "group": "00000000-0000-4000-8000-000000000001", "debit": "acquirer_clearing",
   "credit": "merchant_available", "currency": "usd", "amount": 1000, "code": "capture", "ref": "pi_0"},
  {"op": "post", "group": "00000000-0000-4000-8000-000000000001", "debit": "acquirer_clearing",
   "credit": "merchant_available", "currency": "eur", "amount": 1000, "code": "capture", "ref": "pi_eur"},
  {"op": "post", "group": "00000000-0000-4000-8000-000000000001", "debit": "bank_cash",
   "credit": "acquirer_clearing", "currency": "usd", "amount": 1, "code": "settled", "ref": "s_1"},
  {"op": "hold", "debit": "acquirer_clearing", "credit": "merchant_pending", "currency": "usd", "amount": 700,
   "code": "auth", "ref": "pi_1"}]');
SELECT pay.events_write(1, '[{"id": "evt_1", "type": "payment_intent.created", "object_id": "pi_1", "data": "{}",
  "api_version": "v", "created_at": "2026-01-01"}]');
INSERT INTO pay.checkout_session(env, id, status, currency, amount_total, success_url, created_at, expires_at)
  VALUES (1, 'cs_1', 'open', 'usd', 1000, 'https://a.example', now(), now());
INSERT INTO pay.payment_link(env, id, doc, created_at)
  VALUES (1, 'plink_1', '{"limit": 1, "taken": 1, "completed": 0}', now());
INSERT INTO pay.checkout_line_item(env, session_id, seq, id, price_id, product_id, name, quantity, unit_amount,
                                   currency, amount_total, created_at)
  VALUES (1, 'cs_1', 1, 'li_1', 'p', 'p', 'Tea', 1, 1000, 'usd', 1000, now());
"""


@dataclass(frozen=True)
class Wall:
    """`attack` runs as `role`; it returns the SQLSTATE that refused it or ''. `damage` is a query that must be 0."""

    name: str
    role: str
    attack: Callable[["Field"], str]
    refusals: set[str]
    damage: str
    breach: tuple[str, ...]


class Field:
    """Where one attack takes place."""

    def __init__(self, urls: roles.Urls, link: Link, role: str) -> None:
        self.urls, self.link, self.role = urls, link, role

    def connect(self, env: str | None = "1") -> Link:
        """Another connection of the attacker, bound to `env`."""
        if self.role == "superuser":
            made = psycopg.connect(self.link.info.dsn, password=self.link.info.password, autocommit=True)
        else:
            made = psycopg.connect(getattr(self.urls, self.role), autocommit=True)
        if env is not None:
            made.execute("SELECT set_config('app.env', %s, false)", (env,))
        return made


def one(*statements: str, env: str | None = "1") -> Callable[[Field], str]:
    """An attack of statements run in order; the SQLSTATE of the first that is refused."""
    def attack(field: Field) -> str:
        with field.connect(env) as link:
            try:
                for statement in statements:
                    link.execute(statement.encode())
            except psycopg.Error as error:
                return error.sqlstate or "?"
        return ""
    return attack


def race(statement: str) -> Callable[[Field], str]:
    """RACERS connections run the statement at one moment; `%s` is the number of the racer."""
    def attack(field: Field) -> str:
        barrier = Barrier(RACERS)

        def run(number: int) -> str:
            with field.connect() as link:
                barrier.wait()
                try:
                    link.execute(statement.replace("%s", str(number)).encode())
                except psycopg.Error as error:
                    return error.sqlstate or "?"
                return ""

        with ThreadPoolExecutor(RACERS) as pool:
            answers = list(pool.map(run, range(1, RACERS + 1)))
        return "+".join(sorted({answer for answer in answers if answer}))
    return attack


def entry(**fields: Any) -> str:
    """One call of the ledger with one posting of a cent from the acquirer to the merchant, with `fields` instead."""
    whole = {"op": "post", "group": "00000000-0000-4000-8000-00000000000f", "debit": "acquirer_clearing",
             "credit": "merchant_available", "currency": "usd", "amount": 1, "code": "x", "ref": "r"} | fields
    text = compose.Literal(Jsonb([whole])).as_string(None)
    return f"SELECT pay.ledger_apply(1, {text})"


def transfer(debit: str, credit: str, currency: str = "usd", amount: int = 1) -> str:
    """A row for the owner to write past the ledger's function; accounts are (env, kind, currency) texts."""
    def account(text: str) -> str:
        env, kind, of = text.split()
        return f"(SELECT id FROM pay.account WHERE env = {env} AND kind = '{kind}' AND currency = '{of}')"
    return ("INSERT INTO pay.transfer(env, group_id, debit_id, credit_id, currency, amount, code, ref_id, "
            "debit_version, credit_version, debit_after, credit_after) SELECT 1, uuidv7(), "
            f"{account(debit)}, {account(credit)}, '{currency}', {amount}, 'planted', 'p', 90, 91, 0, 0")


def attempt(number: str = "1", kind: str = "'sale'", payment: str = "pi_1", status: str = "sent",
            **columns: str) -> str:
    """A new attempt, as the app would insert it."""
    more = "".join(f", {name}" for name in columns)
    values = "".join(f", {value}" for value in columns.values())
    key = "" if "network_key" in columns else ", network_key"
    value = "" if "network_key" in columns else f", 'k{number}'"
    return (f"INSERT INTO pay.attempt(env, payment_id, kind, number, status, connector, amount, currency, next_check_at"
            f"{key}{more}) VALUES (1, '{payment}', {kind}, {number}, '{status}', 'alder', 1000, 'usd', now()"
            f"{value}{values})")


APPROVE = "UPDATE pay.attempt SET status = 'approved', acquirer_ref = 'A1' WHERE env = 1 AND network_key = '{}'"
SETTLE = """SELECT pay.payment_write(1, jsonb_build_object('settles', jsonb_build_array(jsonb_build_object(
  'id', (SELECT id FROM pay.attempt WHERE env = 1 AND network_key = 'k1'), 'check_no', 0,
  'change', '{"status": "approved", "acquirer_ref": "A1"}'::jsonb))))"""
COUNT = "SELECT count(*) - 1 FROM pay.attempt WHERE env = 1 AND payment_id = 'pi_1'"
PLANTED = "SELECT count(*) FROM pay.transfer WHERE code = 'planted'"
APPEND_ONLY = {"transfer": "amount = 77", "event": "data = '[]'", "history": "to_s = 'canceled'",
               "checkout_line_item": "name = 'Gold'"}
HELD = """SELECT pay.payment_write(1, '{"claims": [{"key": "K", "hash": "aa", "lease": 9, "request_id": "r%s"}],
  "inserts": [{"env": 1, "id": "pi_k%s", "amount": 100, "currency": "usd", "status": "requires_payment_method",
  "version": 1, "step": 1, "captured": 0, "refund_reserved": 0, "amount_capturable": 0, "capture_method": "manual",
  "confirmation_method": "automatic", "client_secret": "s", "payment_method_types": ["card"],
  "payment_method_options": {}, "metadata": {}, "created_at": "2026-01-01"}]}')"""


def without(function: str, *parts: str) -> tuple[str, ...]:
    """The breach of a condition inside a function: the same function with these texts cut out."""
    return (f"without {function}", *parts)


WALLS = [
    Wall("one live authorisation", "app", race(attempt("%s")), {"23505"}, COUNT,
         ("DROP INDEX pay.one_live_authorisation",)),
    Wall("one open increment, capture or void", "app",
         race(attempt("%s", "CASE %s % 3 WHEN 0 THEN 'capture' WHEN 1 THEN 'increment' ELSE 'void' END")), {"23505"},
         COUNT,
         ("DROP INDEX pay.one_open_operation",)),
    Wall("one live message of a refund", "app",
         one("INSERT INTO pay.charge(env, id, payment_id, amount, currency, status, created_at) "
             "VALUES (1, 'ch_1', 'pi_1', 1000, 'usd', 'succeeded', now())",
             "INSERT INTO pay.refund(env, id, payment_id, charge_id, amount, currency, status, created_at) "
             "VALUES (1, 're_1', 'pi_1', 'ch_1', 1000, 'usd', 'pending', now())",
             *(attempt(number, "'refund'", refund_id="'re_1'") for number in "12")), {"23505"},
         "SELECT greatest(count(*) - 1, 0) FROM pay.attempt WHERE refund_id = 're_1'",
         ("DROP INDEX pay.one_live_refund",)),
    Wall("a link is not sold more often than it may be", "app",
         one("UPDATE pay.payment_link SET doc = jsonb_set(doc, '{taken}', '2') WHERE env = 1 AND id = 'plink_1'"),
         {"23514"}, "SELECT (doc->>'taken')::int - 1 FROM pay.payment_link WHERE id = 'plink_1'",
         ("ALTER TABLE pay.payment_link DROP CONSTRAINT sold_at_most",)),
    Wall("the discount of a session is fixed", "app",
         one("UPDATE pay.checkout_session SET amount_subtotal = 1500, amount_discount = 500 WHERE id = 'cs_1'"),
         {"23001"}, "SELECT count(*) FROM pay.checkout_session WHERE amount_discount > 0",
         ("ALTER TABLE pay.checkout_session DISABLE TRIGGER fixed",)),
    Wall("a key is claimed once", "app", race(HELD), {""},
         "SELECT count(*) - 1 FROM pay.payment WHERE starts_with(id, 'pi_k')",
         ("ALTER TABLE pay.idempotency DROP CONSTRAINT idempotency_pkey",)),
    Wall("a manual attempt blocks, too", "app",
         one(attempt(), "UPDATE pay.attempt SET status = 'manual' WHERE env = 1", attempt("2")), {"23505"}, COUNT,
         ("DROP INDEX pay.one_live_authorisation",)),
    Wall("an acquirer's reference is used once", "app",
         one(attempt(), APPROVE.format("k1"), attempt("2", payment="pi_2"), APPROVE.format("k2")), {"23505"},
         "SELECT count(*) - 1 FROM pay.attempt WHERE acquirer_ref = 'A1'", ("DROP INDEX pay.acquirer_ref_once",)),
    Wall("a network key is used once", "app",
         one(attempt(), attempt("2", payment="pi_2", network_key="'k1'")), {"23505"},
         "SELECT count(*) - 1 FROM pay.attempt WHERE network_key = 'k1'",
         ("ALTER TABLE pay.attempt DROP CONSTRAINT attempt_env_network_key_key",)),
    Wall("an uncertain attempt has a scheduled check", "app",
         one(attempt(), "UPDATE pay.attempt SET status = 'unknown', next_check_at = NULL WHERE env = 1"), {"23514"},
         "SELECT count(*) FROM pay.attempt WHERE next_check_at IS NULL",
         ("ALTER TABLE pay.attempt DROP CONSTRAINT attempt_check",)),
    Wall("approved needs a reference", "app",
         one(attempt(), "UPDATE pay.attempt SET status = 'approved' WHERE env = 1"), {"23514"},
         "SELECT count(*) FROM pay.attempt WHERE status = 'approved'",
         ("ALTER TABLE pay.attempt DROP CONSTRAINT attempt_check1",)),
    Wall("a late answer does not overwrite a check", "app",
         one(attempt(), "UPDATE pay.attempt SET check_no = 1 WHERE env = 1", SETTLE), {"ZZ003"},
         "SELECT count(*) FROM pay.attempt WHERE status = 'approved'",
         without("pay.payment_write(bigint,jsonb)", "AND a.check_no = x.check_no ")),
    Wall("captured stays within the amount", "app",
         one("UPDATE pay.payment SET captured = 1001 WHERE env = 1 AND id = 'pi_1'"), {"23514"},
         "SELECT count(*) FROM pay.payment WHERE captured > amount",
         ("ALTER TABLE pay.payment DROP CONSTRAINT payment_check",)),
    Wall("refunds stay within captured", "app",
         one("UPDATE pay.payment SET refund_reserved = 1 WHERE env = 1 AND id = 'pi_1'"), {"23514"},
         "SELECT count(*) FROM pay.payment WHERE refund_reserved > captured",
         ("ALTER TABLE pay.payment DROP CONSTRAINT payment_check1",)),

    Wall("one fact posts once", "app", one(entry(ref="pi_0", code="capture")), {"23505"},
         "SELECT count(*) - 1 FROM pay.transfer WHERE env = 1 AND ref_id = 'pi_0'",
         ("ALTER TABLE pay.transfer DROP CONSTRAINT transfer_env_code_ref_id_leg_key",)),
    Wall("nothing is posted for zero", "app", one(entry(amount=0)), {"23514"},
         "SELECT count(*) FROM pay.transfer WHERE amount = 0",
         ("ALTER TABLE pay.transfer DROP CONSTRAINT transfer_amount_check",)),
    Wall("nothing is posted for less than zero", "app", one(entry(amount=-5)), {"23514"},
         "SELECT count(*) FROM pay.transfer WHERE amount < 0",
         ("ALTER TABLE pay.transfer DROP CONSTRAINT transfer_amount_check",)),
    Wall("nothing is posted to itself", "owner", one(transfer("1 bank_cash usd", "1 bank_cash usd")), {"23514"},
         PLANTED, ("ALTER TABLE pay.transfer DROP CONSTRAINT transfer_check",)),
    Wall("a posting stays in its currency", "owner",
         one(transfer("1 acquirer_clearing usd", "1 merchant_available eur")), {"23503"}, PLANTED,
         ("ALTER TABLE pay.transfer DROP CONSTRAINT transfer_env_credit_id_currency_fkey",)),
    Wall("a posting stays in its environment", "superuser",
         one(transfer("1 acquirer_clearing usd", "2 merchant_pending usd")), {"23503"}, PLANTED,
         ("ALTER TABLE pay.transfer DROP CONSTRAINT transfer_env_credit_id_currency_fkey",)),
    Wall("a floor holds", "app",
         one(entry(debit="merchant_available", credit="payout_clearing", amount=1001)), {"23514"},
         "SELECT count(*) FROM pay.account WHERE floor_zero AND credits - debits < 0",
         ("ALTER TABLE pay.account DROP CONSTRAINT account_check",)),
    Wall("a floor holds against a race", "app",
         race(entry(debit="merchant_available", credit="payout_clearing", amount=400, ref="p%s")), {"23514"},
         "SELECT count(*) FROM pay.account WHERE floor_zero AND credits - debits < 0",
         ("ALTER TABLE pay.account DROP CONSTRAINT account_check",)),
    Wall("a hold is closed once", "app",
         one(*[entry(op="close", code="auth", ref="pi_1", status="voided", credit="merchant_pending")] * 2), {"23514"},
         "SELECT count(*) FROM pay.account WHERE pending_debits < 0",
         (*without("pay.ledger_closes(bigint,jsonb)", "AND status = 'pending' "),
          "ALTER TABLE pay.account DROP CONSTRAINT account_pending_debits_check",
          "ALTER TABLE pay.account DROP CONSTRAINT account_pending_credits_check")),
    Wall("a hold is posted for no more than it held", "app",
         one(entry(op="close", code="auth", ref="pi_1", status="posted", posted=701, credit="merchant_pending")),
         {"23514"}, "SELECT count(*) FROM pay.hold WHERE posted_amount > amount",
         ("ALTER TABLE pay.hold DROP CONSTRAINT hold_check1",)),

    Wall("no illegal step of a payment", "app",
         one("UPDATE pay.payment SET status = 'succeeded' WHERE env = 1 AND id = 'pi_2'"), {"23514"},
         "SELECT count(*) FROM pay.payment WHERE id = 'pi_2' AND status = 'succeeded'",
         ("DROP TRIGGER state_moved ON pay.payment",)),
    Wall("no illegal birth", "app", one(attempt(status="manual")), {"23514"},
         "SELECT count(*) FROM pay.attempt WHERE status = 'manual'", ("DROP TRIGGER state_born ON pay.attempt",)),
    Wall("a settled attempt stays settled", "app",
         one(attempt(), "UPDATE pay.attempt SET status = 'declined' WHERE env = 1", APPROVE.format("k1")), {"23514"},
         "SELECT count(*) FROM pay.attempt WHERE status = 'approved'", ("DROP TRIGGER state_moved ON pay.attempt",)),

    Wall("the app writes no account", "app", one("UPDATE pay.account SET credits = credits + 1 WHERE env = 1"),
         {"42501"}, "SELECT sum(credits - debits) FROM pay.account", ("GRANT UPDATE ON pay.account TO farthing_app",)),
    Wall("the app writes no transfer", "app", one(transfer("1 acquirer_clearing usd", "1 merchant_available usd")),
         {"42501"}, PLANTED, ("GRANT INSERT ON pay.transfer TO farthing_app",
                              "GRANT USAGE ON SEQUENCE pay.audit_id_seq TO farthing_app")),
    Wall("the app writes no hold", "app", one("UPDATE pay.hold SET amount = amount + 1 WHERE env = 1"),
         {"42501"}, "SELECT sum(h.amount) - 700 FROM pay.hold h", ("GRANT UPDATE ON pay.hold TO farthing_app",)),
    Wall("the app writes no history", "app",
         one("INSERT INTO pay.history VALUES (1, 'payment', 'pi_1', 2, 'processing', 'canceled', '', '')"), {"42501"},
         "SELECT count(*) FROM pay.history WHERE id = 'pi_1' AND seq = 2",
         ("GRANT INSERT ON pay.history TO farthing_app",)),
    Wall("the app makes no evidence up", "app",
         one("INSERT INTO pay.acquirer_record VALUES (1, 'alder', 'k', 'A', 'sale', 1, 'usd', 'approved')"), {"42501"},
         "SELECT count(*) FROM pay.acquirer_record", ("GRANT INSERT ON pay.acquirer_record TO farthing_app",)),

    Wall("the ledger's function stays in its environment", "app",
         one(entry().replace("apply(1,", "apply(2,")), {"42501"},
         "SELECT count(*) FROM pay.transfer WHERE env = 2 AND code = 'x'",
         ("CREATE OR REPLACE FUNCTION pay.env_guard(p_env bigint) RETURNS void LANGUAGE sql AS ''",
          *[f"ALTER TABLE pay.{name} DISABLE ROW LEVEL SECURITY" for name in ("account", "transfer")])),
    Wall("nothing is written into another environment", "app",
         one("INSERT INTO pay.payment(env, id, amount, currency, status, client_secret, created_at) "
             "VALUES (2, 'pi_mine', 1, 'usd', 'processing', 's', now())"), {"42501"},
         "SELECT count(*) FROM pay.payment WHERE id = 'pi_mine'",
         ("ALTER TABLE pay.payment DISABLE ROW LEVEL SECURITY",
          "ALTER TABLE pay.history DISABLE ROW LEVEL SECURITY")),
    Wall("of one reason one mail", "app",
         race("INSERT INTO pay.mail(env, id, kind, object_id, reason, address, next_at, created_at) "
              "VALUES (1, 'mail_%s', 'receipt', 'ch_1', 'receipt:ch_1', 'a@example.com', now(), now())"), {"23505"},
         "SELECT greatest(count(*) - 1, 0) FROM pay.mail WHERE env = 1",
         ("ALTER TABLE pay.mail DROP CONSTRAINT one_mail_for_a_reason",)),
    Wall("nothing of another environment is seen or changed", "app",
         one("UPDATE pay.payment SET amount = 1 WHERE id = 'pi_other'"), {""},
         "SELECT count(*) FROM pay.payment WHERE id = 'pi_other' AND amount = 1",
         ("ALTER TABLE pay.payment DISABLE ROW LEVEL SECURITY",)),
    Wall("nobody works without an environment", "app",
         one("UPDATE pay.payment SET amount = 1", env=None), {"42704"},
         "SELECT count(*) FROM pay.payment WHERE amount = 1", ("ALTER TABLE pay.payment DISABLE ROW LEVEL SECURITY",)),
    *[Wall(f"{table} refuses {verb}", "superuser", one("SET session_replication_role = replica", statement), {"23001"},
           damage, tuple(f"ALTER TABLE pay.{table} ENABLE TRIGGER {name}" for name in ("imm", "immt")))
      for table, change in APPEND_ONLY.items()
      for verb, statement, damage in (
          ("UPDATE", f"UPDATE pay.{table} SET {change}",
           f"SELECT count(*) FROM pay.{table} WHERE {change}"),
          ("DELETE", f"DELETE FROM pay.{table}", f"SELECT (count(*) = 0)::int FROM pay.{table}"),
          ("TRUNCATE", f"TRUNCATE pay.{table} CASCADE", f"SELECT (count(*) = 0)::int FROM pay.{table}"))],
]


def _field(postgres: Schema, wall: Wall) -> Field:
    urls, link = books.torn(postgres)
    link.execute(BASE.encode())
    return Field(urls, link, wall.role)


def _breach(link: Link, breach: tuple[str, ...]) -> None:
    statements = list(breach)
    if statements[0].startswith("without "):
        name, part = statements.pop(0).removeprefix("without "), statements.pop(0)
        body = link.execute("SELECT pg_get_functiondef(%s::regprocedure)", (name,)).fetchone()
        assert body is not None
        pattern = re.escape(part.strip()).replace(r"\ ", r"\s+")
        assert len(re.findall(pattern, body[0])) == 1, f"{part} is not in {name}"
        statements.insert(0, re.sub(pattern, " ", body[0]))
    for statement in statements:
        link.execute(statement.encode())


def _damage(field: Field, wall: Wall) -> int:
    row = field.link.execute(wall.damage.encode()).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("wall", WALLS, ids=lambda wall: wall.name)
def test_the_wall_holds_and_is_what_holds(wall: Wall, postgres: Schema) -> None:
    field = _field(postgres, wall)
    refused = wall.attack(field)
    damage = _damage(field, wall)
    field.link.close()
    assert (refused, damage) == (next(iter(wall.refusals)), 0)

    field = _field(postgres, wall)
    _breach(field.link, wall.breach)
    assert wall.attack(field) != refused or _damage(field, wall) > 0
    assert _damage(field, wall) > 0, "the attack is harmless, so the wall was not tested"
    field.link.close()


def test_figures() -> None:
    print(f"\nwalls: {len(WALLS)} standing, {len(WALLS)} torn down and missed")
