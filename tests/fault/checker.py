"""The checker: what shoppers were told, what the API says now, what the acquirers took, and what the receiver heard."""

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

import orjson
import psycopg

from tests import books
from tests.fault.verdicts import percentiles
from tests.receivers import Received
from tests.shoppers import Purchase, Shop
from tests.stack import Stack

AT_REST = ("succeeded", "canceled", "requires_capture", "requires_payment_method")
MAY_DIFFER = frozenset({"idempotent-replayed", "original-request", "request-id", "date"})
"""Headers in which a replayed answer may differ from the first one: two of them say that it is a replay."""


@dataclass
class Judgement:
    """Sentences by kind of fault; each of them names an order and everything known about it."""

    double: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    unresolved: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def sentences(self) -> list[str]:
        return self.double + self.lost + self.unresolved + self.wrong

    @property
    def figures(self) -> dict[str, int]:
        return {"double_charges": len(self.double), "lost_charges": len(self.lost),
                "unresolved_after_90_s": len(self.unresolved), "wrong_answers": len(self.wrong)}


def money_taken(stack: Stack, seed: int) -> tuple[dict[int, list[int]], int]:
    """Order -> what the acquirers took for it, message by message; and how many charges nobody here knows of."""
    with psycopg.connect(stack.urls.auditor) as link:
        orders = dict(link.execute(
            "SELECT a.network_key, p.metadata->>'order' FROM pay.attempt a "
            "JOIN pay.payment p ON (p.env, p.id) = (a.env, a.payment_id)").fetchall())
    taken: dict[int, list[int]] = defaultdict(list)
    unknown = 0
    for row in books.journal(stack):
        if row["status"] == "approved" and row["kind"] in ("sale", "capture"):
            order = orders.get(row["network_key"])
            if order is None:
                unknown += 1
            else:
                taken[int(order.removeprefix(f"{seed}-"))].append(row["amount"])
    return taken, unknown


def judge(orders: list[Purchase], intents: list[dict[str, Any]], taken: dict[int, list[int]], seed: int) -> Judgement:
    """Compare per order. Who was told nothing may have paid or not; but the API must say now which of the two."""
    by_order: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for intent in intents:
        by_order[int(intent["metadata"]["order"].removeprefix(f"{seed}-"))].append(intent)
    found = Judgement()
    for order in orders:
        _judge(found, order, by_order[order.number], taken.get(order.number, []))
    return found


def _judge(found: Judgement, order: Purchase, intents: list[dict[str, Any]], money: list[int]) -> None:
    states = [intent["status"] for intent in intents]
    where = (f"{order.number} {order.kind} {order.amount} {order.currency}: took {money}, "
             f"told {[(told.key, told.status, told.tries) for told in order.told]}, now {states}")
    last = order.told[-1] if order.told else None
    if len(money) > 1:
        found.double.append(f"charged twice: {where}")
    # one that was born in a request that never left is canceled by ourselves (test_born_and_never_sent)
    alive = [intent for intent in intents if intent["cancellation_reason"] != "automatic"]
    if len(alive) > 1 or (last and not alive):
        found.wrong.append(f"one order, {len(alive)} living intents: {where}")
    if any(state not in AT_REST for state in states):
        found.unresolved.append(f"unresolved: {where}")
    received = sum(intent["amount_received"] for intent in intents)
    if sum(money) > received or bool(money) != ("succeeded" in states):
        found.lost.append(f"taken and not shown, or shown and not taken: {where}")
    elif sum(money) != received:
        found.wrong.append(f"not what the API says ({received}): {where}")
    if last and last.status == 402 and money:
        found.wrong.append(f"told no, charged: {where}")
    if last and last.status == 200 and b'"status":"succeeded"' in last.body and sum(money) != order.taken:
        found.lost.append(f"told yes, not charged: {where}")


async def replay_all(shop: Shop, orders: list[Purchase]) -> tuple[list[str], int]:
    """Send every answered request once more: same status, same bytes, same headers but for MAY_DIFFER."""
    differ, count = [], 0
    for told in (told for order in orders for told in order.told):
        again = await shop.repeat(told)
        count += 1
        if (again.status_code, again.content) != (told.status, told.body):
            differ.append(f"{told.key}: {told.status} {told.body!r} but then {again.status_code} {again.content!r}")
        elif "idempotent-replayed" not in again.headers:
            differ.append(f"{told.key}: executed twice")
        elif changed := _lasting(told.headers) ^ _lasting(dict(again.headers)):
            differ.append(f"{told.key}: other headers: {sorted(changed)}")
    return differ, count


def _lasting(headers: dict[str, str]) -> set[tuple[str, str]]:
    return {(name.lower(), value) for name, value in headers.items() if name.lower() not in MAY_DIFFER}


def events_heard(stack: Stack, endpoint: str, received: list[Received]) -> tuple[dict[str, int], list[str]]:
    """Our events since the endpoint was made against what its receiver got: lost, invented, doubled, changed."""
    bodies: dict[str, set[str]] = defaultdict(set)
    times: Counter[str] = Counter()
    paid: set[str] = set()
    for one in received:
        event = orjson.loads(one.body)
        times[event["id"]] += 1
        bodies[event["id"]].add(hashlib.sha256(one.body).hexdigest())
        if event["type"] == "payment_intent.succeeded":
            paid.add(event["data"]["object"]["id"])
    with psycopg.connect(stack.urls.auditor) as link:
        ours = {id for (id,) in link.execute(
            "SELECT v.id FROM pay.event v, pay.endpoint p WHERE v.env = p.env AND p.id = %s "
            "AND v.created_at >= p.created_at", (endpoint,))}
        succeeded = {id for (id,) in link.execute("SELECT id FROM pay.payment WHERE status = 'succeeded'")}
    changed = [id for id, versions in bodies.items() if len(versions) > 1]
    sentences = [f"lost: {id}" for id in ours - set(times)] + [f"changed: {id}" for id in changed]
    sentences += [f"{id} succeeded, and no payment_intent.succeeded came" for id in succeeded - paid]
    return {"events": len(ours), "lost_events": len(ours - set(times)), "invented_events": len(set(times) - ours),
            "succeeded_without_event": len(succeeded - paid), "duplicate_deliveries": times.total() - len(times),
            "duplicates_that_differ": len(changed)}, sentences


def undelivered(stack: Stack) -> int:
    """Deliveries that are still to come."""
    with psycopg.connect(stack.urls.auditor) as link:
        row = link.execute("SELECT count(*) FROM pay.delivery WHERE status = 'pending'").fetchone()
        assert row
        return int(row[0])


def resolution(stack: Stack) -> dict[str, float]:
    """Seconds from the sending of a message to its known end, for those that the reconciler had to settle."""
    with psycopg.connect(stack.urls.auditor) as link:
        rows = link.execute("""
            SELECT extract(epoch FROM max(h.at) - min(h.at))::float8
              FROM pay.attempt a JOIN pay.history h ON (h.env, h.entity, h.id) = (a.env, 'attempt', a.id::text)
             WHERE a.check_no > 0 AND a.status NOT IN ('sent', 'unknown') GROUP BY a.env, a.id""").fetchall()
    return {"settled_by_asking": len(rows), **percentiles([seconds for (seconds,) in rows], "seconds_to_resolution")}


async def books_checked(stack: Stack) -> tuple[dict[str, int], list[str]]:
    """The acquirers' journal against the ledger, to the cent, and every invariant."""
    theirs, ours = books.charged(books.journal(stack)), books.booked(stack)
    broken = await books.violations(stack)
    difference = sum(abs(theirs[name] - ours[name]) for name in theirs | ours)
    return {"cents_of_difference": difference, "invariants_violated": len(broken),
            "forbidden_transitions": sum(one.startswith("P11 ") for one in broken)}, broken
