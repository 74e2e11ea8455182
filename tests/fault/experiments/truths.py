"""What must be true of one killed payment afterwards: the acquirers' journal, our rows, what the client was told."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx2
import psycopg

from backend import crash
from tests.stack import Stack

Row = dict[str, Any]
AGAIN = (409, 429, 500, 502, 503, 504)
"""Answers after which the official libraries send the same request again."""
OTHER_PART = 500
"""What a payment that is captured in parts is for beside the part that is looked at."""


@dataclass(frozen=True, slots=True)
class Told:
    """An answer as the client got it."""

    status: int
    body: bytes

    @property
    def json(self) -> Row:
        row: Row = json.loads(self.body)
        return row


def unsettled(stack: Stack, *, keys: bool = True) -> list[Any]:
    """What has not come to rest: payments, refunds, attempts, events, and `keys`."""
    with psycopg.connect(stack.urls.auditor) as link:
        return link.execute("""
            SELECT 'payment', id, status FROM pay.payment WHERE status = 'processing'
            UNION ALL SELECT 'refund', id, status FROM pay.refund WHERE status = 'pending'
            UNION ALL SELECT 'attempt', id::text, kind || ' ' || status || ' ' || coalesce(note, '') FROM pay.attempt
             WHERE status IN ('sent', 'unknown', 'manual')
            UNION ALL SELECT 'outbox', event_id, '' FROM pay.outbox WHERE dispatched_at IS NULL
            UNION ALL SELECT 'key', key, recovery_point FROM pay.idempotency
             WHERE recovery_point <> 'finished' AND %s""", (keys,)).fetchall()


def journal(stack: Stack) -> list[Row]:
    """What the acquirers know, from their own address."""
    with httpx2.Client(trust_env=False) as client:
        rows: list[Row] = client.get(f"http://127.0.0.1:{stack.sandbox_port}/journal").json()
    return rows


def of_death(stack: Stack, point: str, process: str, operation: str, amount: int) -> list[str]:
    """Whether the death left on disk what this point means, read before the reconciler can have come: was the message
    recorded, did its sender settle it?"""
    if point not in crash.PAYMENT:
        return []
    kind = {"payment": "sale", "part": "capture", "rest": "capture"}.get(operation, operation)
    with psycopg.connect(stack.urls.auditor) as link:
        rows = link.execute("""
            SELECT EXISTS (SELECT FROM pay.history h WHERE (h.env, h.entity, h.id) = (a.env, 'attempt', a.id::text)
                              AND h.from_s = 'sent') FROM pay.attempt a WHERE amount = %s AND kind = %s""",
            (amount, kind)).fetchall()
    at = crash.PAYMENT.index(point)
    recorded = at >= crash.PAYMENT.index("tx1_commit_unread")
    settled = process == "vault" or at >= crash.PAYMENT.index("tx2_commit_unread")
    meant = [(settled,)] if recorded else []
    return [] if rows == meant else [f"the death left {rows}, the point means {meant}"]


def of_cell(stack: Stack, operation: str, amount: int, told: Sequence[Told]) -> list[str]:
    """Everything that is wrong with the one purchase of this amount, in words; [] is good."""
    everything = journal(stack)
    rows = [row for row in everything if row["amount"] == amount]
    other = OTHER_PART if operation in ("part", "rest") else 0
    before = OTHER_PART if operation == "rest" else 0
    with psycopg.connect(stack.urls.auditor) as link:
        payments = link.execute("""
            SELECT id, status, captured, amount FROM pay.payment p WHERE amount = %s OR EXISTS (
              SELECT FROM pay.attempt a WHERE (a.env, a.payment_id, a.kind) = (p.env, p.id, 'authorize')
                 AND a.amount = %s)""", (amount + other, amount + other)).fetchall()
        refunds = link.execute("SELECT id, status FROM pay.refund WHERE amount = %s", (amount,)).fetchall()
        names = [row[0] for row in (*payments, *refunds)]
        ledger = link.execute("""
            SELECT coalesce(sum(CASE WHEN d.kind = 'acquirer_clearing' THEN t.amount ELSE 0 END
                              - CASE WHEN c.kind = 'acquirer_clearing' THEN t.amount ELSE 0 END), 0)
              FROM pay.transfer t JOIN pay.account d ON (d.env, d.id) = (t.env, t.debit_id)
              JOIN pay.account c ON (c.env, c.id) = (t.env, t.credit_id) WHERE t.ref_id = ANY(%s)""",
            (names,)).fetchone()
        illegal = link.execute("""
            SELECT entity, from_s, to_s FROM pay.history h WHERE id = ANY(%s) AND NOT EXISTS (
              SELECT FROM pay.transition t WHERE (t.entity, t.from_s, t.to_s) = (h.entity, h.from_s, h.to_s))""",
            (names,)).fetchall()
    assert ledger
    if len(payments) != 1:
        return [f"{len(payments)} payments"]
    id, status, captured, total = payments[0]
    wrong = [f"forbidden step {step}" for step in illegal]
    taken = _sum(rows, "sale", "capture")
    given = _sum(rows, "refund")
    if sum(row["status"] == "approved" and row["kind"] in ("sale", "capture") for row in rows) > 1:
        wrong.append(f"charged twice: {taken}")
    if sum(row["status"] == "approved" and row["kind"] == "refund" for row in rows) > 1 or len(refunds) > 1:
        wrong.append(f"refunded twice: {given}")
    if ledger[0] != before + taken - given:
        wrong.append(f"ledger {ledger[0]}, journal {before + taken - given}")
    if captured != before + taken or (status == "succeeded") != (bool(taken) and operation != "part"):
        wrong.append(f"payment is {status} with {captured}, journal took {taken}")
    if operation == "refund" and bool(given) != any(state == "succeeded" for _, state in refunds):
        wrong.append(f"refunds are {refunds}, journal gave {given}")
    held = any(row["status"] == "approved" and row["kind"] == "authorize" and row["amount"] == amount + other
               for row in everything)
    raised = any(row["status"] == "approved" and row["kind"] == "increment" for row in rows)
    if total != other + amount * (1 + raised):
        wrong.append(f"payment is for {total}, the journal raised it: {raised}")
    if operation not in ("payment", "refund") and held != (status in ("requires_capture", "succeeded")):
        wrong.append(f"payment is {status}, the journal's authorisation stands: {held}")
    return wrong + _words(operation, id, told, taken=taken, given=given, voided=not held,
                          raised=raised)


def _sum(rows: Sequence[Row], *kinds: str) -> int:
    return sum(row["amount"] for row in rows if row["status"] == "approved" and row["kind"] in kinds)


def _words(operation: str, id: str, told: Sequence[Told], *, taken: int, given: int, voided: bool,
           raised: bool) -> list[str]:
    """Where what the client was told is not what is true, or not the same twice."""
    done = {"refund": bool(given), "void": voided, "increment": raised}.get(operation, bool(taken))
    finals = [one for one in told if one.status not in AGAIN]
    if not finals:
        return ["never answered"]
    wrong = []
    if len({(one.status, one.body) for one in finals}) > 1:
        wrong.append(f"answers differ: {[(one.status, one.body[:300]) for one in finals]}")
    last = finals[-1].json
    yes = last.get("status") == {"void": "canceled", "increment": "requires_capture",
                                 "part": "requires_capture"}.get(operation, "succeeded")
    if finals[-1].status == 200 and yes and not done:
        wrong.append("told yes, and it is not so")
    if finals[-1].status == 402 and done:
        wrong.append("told no, and it is so")
    if finals[-1].status not in (200, 402):
        wrong.append(f"told {finals[-1].status} {finals[-1].body[:200]!r}")
    named = last.get("payment_intent") if operation == "refund" else last.get("id")
    if finals[-1].status == 200 and named != id:
        wrong.append(f"told of {named}, but the payment is {id}")
    return wrong
