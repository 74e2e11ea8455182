"""Lists of 100 on a million payment intents: what a page costs at the API, plain, filtered, far back, expanded."""

import json
import random
import time
from typing import Any
from urllib.parse import urlencode

import httpx2
import psycopg

from backend.stack.postgres import Postgres
from backend.stack.roles import DATABASE
from tests.stack import Stack

ROWS = 1_000_000
REQUESTS = 200
GOAL_P95_MS = 50.0
FRESH = {"id": "'pi_bench' || lpad(n::text, 8, '0')", "client_secret": "'bench_' || n", "checkout_session_id": "NULL",
         "created_at": "p.created_at - n * interval '1 second'"}
COLUMNS = """
SELECT array_agg(attname::text) FROM pg_attribute
 WHERE attrelid = 'pay.payment'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
"""


def measure(stack: Stack) -> dict[str, Any]:
    """Grow the table past every trigger, then ask page after page, one at a time."""
    rows = _grow(stack)
    with httpx2.Client(base_url=stack.api_base, trust_env=False, timeout=30,
                       headers={"Authorization": f"Bearer {stack.secret_key}"}) as http:
        first = _page(http, {"limit": 100})
        customer = first["data"][0]["customer"]
        middle = _page(http, {"limit": 100, "created[lte]": first["data"][0]["created"] - ROWS // 2})
        cursors = [one["id"] for one in middle["data"]]
        figures = {name: _timed(http, form) for name, form in {
            "newest": lambda _: {"limit": 100},
            "far_back": lambda n: {"limit": 100, "starting_after": cursors[n % len(cursors)]},
            "of_a_customer": lambda _: {"limit": 100, "customer": customer},
            "of_a_day": lambda n: {"limit": 100, "created[lt]": middle["data"][0]["created"] - 3600 * (n % 24),
                                   "created[gte]": middle["data"][0]["created"] - 3600 * (n % 24) - 86400},
            "expanded_twice": lambda _: {"limit": 100, "expand[0]": "data.customer",
                                         "expand[1]": "data.latest_charge"},
        }.items()}
    return {"rows": rows, "requests_each": REQUESTS, "goal_p95_ms": GOAL_P95_MS, **figures}


def _grow(stack: Stack) -> int:
    url = Postgres(stack.places).url("postgres", stack.places.password("postgres"), DATABASE)
    with psycopg.connect(url, autocommit=True) as link:
        link.execute("SET session_replication_role = replica")  # no trigger, no foreign key: only the table grows
        link.execute("SET synchronous_commit = off")
        names = link.execute(COLUMNS).fetchone()[0]
        values = ", ".join(FRESH.get(name, f"p.{name}") for name in names)
        link.execute(f"""INSERT INTO pay.payment ({", ".join(names)}) SELECT {values}
            FROM generate_series(1, {ROWS}) n JOIN (
              SELECT *, row_number() OVER () - 1 AS place FROM (
                SELECT * FROM pay.payment WHERE status = 'succeeded' LIMIT 100) few) p ON p.place = n % 100""")
        link.execute("VACUUM ANALYZE pay.payment")
        row = link.execute("SELECT count(*) FROM pay.payment").fetchone()
        assert row
        return int(row[0])


def _page(http: httpx2.Client, form: dict[str, Any]) -> Any:
    answer = http.get(f"/v1/payment_intents?{urlencode(form)}")
    assert answer.status_code == 200, answer.text
    return json.loads(answer.content)


def _timed(http: httpx2.Client, form: Any) -> dict[str, float]:
    """Median and 95th percentile in milliseconds, the first tenth being warm-up."""
    took = []
    for number in random.Random(7).sample(range(REQUESTS * 10), REQUESTS + REQUESTS // 10):
        begun = time.perf_counter()
        _page(http, form(number))
        took.append((time.perf_counter() - begun) * 1000)
    took = sorted(took[REQUESTS // 10:])
    return {"p50_ms": round(took[len(took) // 2], 1), "p95_ms": round(took[int(len(took) * 0.95)], 1)}
