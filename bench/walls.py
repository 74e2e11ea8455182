"""What forced row-level security costs: the same load with it and without, in rounds that take turns.

Without it stands only the filter of each statement; the data folder of a bench is thrown away afterwards.
"""

from contextlib import suppress
from statistics import mean, stdev
from typing import Any

import psutil
import psycopg

from backend.stack import roles
from bench import load, machine
from tests.stack import Stack

TURNS = ("on", "off", "off", "on") * 4
"""What drifts from round to round (younger tables, a warmer machine, a noisy neighbour) falls on both alike."""
_STUDENT = 2.365
"""Student's t for 95 % and the seven degrees of freedom of eight pairs of rounds."""
_TABLES = """
SELECT c.oid::regclass::text FROM pg_class c
 WHERE c.relforcerowsecurity AND c.relnamespace IN ('pay'::regnamespace, 'vault'::regnamespace) ORDER BY 1
"""


async def run(stack: Stack, request: load.Request, *, clients: int, seconds: float) -> dict[str, Any]:
    """Payments per second and PostgreSQL's processor time for each, with the policies and without; what they cost in
    percent, with the 95 % interval of the pairs of rounds."""
    rounds: list[tuple[str, float, float]] = []
    for number, state in enumerate(TURNS):
        _set(stack, state)
        rounds.append((state, *await _round(stack, request, number << 32, clients, seconds)))
    _set(stack, "on")
    rate = {state: mean(one[1] for one in rounds if one[0] == state) for state in ("on", "off")}
    cpu = {state: mean(one[2] for one in rounds if one[0] == state) for state in ("on", "off")}
    pairs = [sorted(rounds[at:at + 2], reverse=True) for at in range(0, len(rounds), 2)]  # (on, off) of each
    return {"rounds": len(rounds), "seconds_each": seconds,
            "per_second": {state: round(value, 1) for state, value in rate.items()},
            "cost_percent": _interval([(1 - on[1] / off[1]) * 100 for on, off in pairs]),
            "postgres_cpu_ms_each": {state: round(value, 3) for state, value in cpu.items()},
            "postgres_cpu_cost_percent": _interval([(on[2] / off[2] - 1) * 100 for on, off in pairs])}


async def _round(stack: Stack, request: load.Request, first: int, clients: int, seconds: float) -> tuple[float, float]:
    """Payments per second, and its connections' processor milliseconds for each; their numbers begin at `first`."""
    async def drive(start: int, length: float) -> load.Result:
        return await load.closed("127.0.0.1", stack.port, stack.secret_key, lambda number: request(start + number),
                                 clients=clients, seconds=length)

    await drive(first, 0.5)  # connections plan their statements anew
    before = _backend_seconds(stack)
    result = await drive(first + (1 << 31), seconds)
    paid = result.statuses[200]
    return paid / result.seconds, (_backend_seconds(stack) - before) * 1000 / paid


def _backend_seconds(stack: Stack) -> float:
    """Processor seconds of the connections that payments are written with: no vacuum, no checkpoint."""
    return sum(map(machine.seconds, filter(_pays, psutil.Process(stack.pid("postgres")).children())))


def _pays(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):  # ended since it was listed
        return any(role in " ".join(process.cmdline()) for role in (roles.APP, roles.VAULT))
    return False


def _interval(values: list[float]) -> dict[str, float]:
    return {"mean": round(mean(values), 1), "plus_minus": round(_STUDENT * stdev(values) / len(values) ** 0.5, 1)}


def _set(stack: Stack, state: str) -> None:
    """Enable or disable the policies of every tenant table, as their owner; table by table, for the workers go on and
    take the locks of several tables in an order of their own."""
    verb = "ENABLE" if state == "on" else "DISABLE"
    with psycopg.connect(stack.urls.owner, autocommit=True) as link:
        for (table,) in link.execute(_TABLES).fetchall():
            link.execute(f"ALTER TABLE {table} {verb} ROW LEVEL SECURITY")
