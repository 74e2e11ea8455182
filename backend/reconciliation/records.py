"""The acquirers' own records beside our attempts: taken in whole, each under the environment of its network key."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import orjson

from backend.db import Database
from backend.reconciliation import rows, sql

Row = dict[str, Any]
NOBODY = 0
"""The env of a record that matches no attempt of ours: the books check shows those (P8)."""


async def take(owner_url: str, auditor_url: str, records: Iterable[Row]) -> dict[int, int]:
    """Import records (connector, network_key, acquirer_ref, kind, amount in minor units, currency, status).

    Returns how many now stand under each environment. Taking the same records again changes nothing. A tombstone
    whose message never came has no kind and is left out: it says nothing of money.
    """
    told = [row | {"currency": row["currency"].lower()} for row in records if row["kind"]]
    keys = [_ours(row) for row in told]
    owner = Database(owner_url, pool_size=2, name="farthing-import")
    auditor = Database(auditor_url, pool_size=2, name="farthing-import")
    try:
        await owner.open()
        await auditor.open()
        envs = {row["network_key"]: row["env"] for row in await auditor.rows(0, sql.OWNERS, (keys,))}
        parts: dict[int, list[Row]] = defaultdict(list)
        for row in told:
            parts[envs.get(_ours(row), NOBODY)].append({name: row.get(name) for name in rows.RECORD.known})
        for env, part in sorted(parts.items()):
            await owner.execute(env, sql.RECORDS_PUT, {"env": env, "rows": orjson.dumps(part).decode()})
        await owner.execute(NOBODY, sql.RECORDS_CLAIMED, (list(envs),))
        await owner.execute(NOBODY, sql.RECORDS_WEIGHED)
    finally:
        await owner.close()
        await auditor.close()
    return {env: len(part) for env, part in parts.items()}


def _ours(row: Row) -> str:
    """The network key of our message behind a record: a refund that came back names the refund."""
    return str(row.get("original_key") or row["network_key"])
