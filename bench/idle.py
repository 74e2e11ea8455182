"""What the worker's one question a second costs while nobody has work: with few environments and with ten thousand."""

import time
from statistics import median
from typing import Any

import psycopg

from tests.stack import Stack

ENVIRONMENTS = 10_000
_ROUNDS = 50
_QUESTION = "SELECT env, kind FROM pay.work_due(now())"
_MAKE = """
WITH made AS (
  INSERT INTO core.account (id, name) SELECT 'acct_idle' || n, 'Idle' FROM generate_series(1, %s) n RETURNING id)
INSERT INTO core.environment (account_id, mode) SELECT id, 'test' FROM made
"""


def measure(stack: Stack) -> dict[str, Any]:
    """Milliseconds and pages of the database for a question, with the environments of the demo and with many more."""
    few = _asked(stack)
    with psycopg.connect(stack.urls.owner) as link:
        link.execute(_MAKE, (ENVIRONMENTS,))
    return {"few_environments": few, f"{ENVIRONMENTS}_more": _asked(stack)}


def _asked(stack: Stack) -> dict[str, float]:
    with psycopg.connect(stack.urls.app, autocommit=True) as link:
        link.execute("SELECT set_config('app.env', '0', false)")
        took = []
        for _ in range(_ROUNDS):
            began = time.perf_counter()
            link.execute(_QUESTION).fetchall()
            took.append((time.perf_counter() - began) * 1000)
        plan = link.execute("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) " + _QUESTION).fetchone()
        assert plan
        top = plan[0][0]["Plan"]
        return {"ms": round(median(took), 2), "pages": top["Shared Hit Blocks"] + top["Shared Read Blocks"]}
