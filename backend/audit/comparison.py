"""The heads kept outside beside the blocks in the database: each must still be there (E28)."""

from itertools import islice
from pathlib import Path

import orjson

from backend.audit import heads, sql
from backend.db import Database

_BATCH = 10_000
_FINDINGS_MAX = 20


async def run(path: Path, auditor_url: str) -> list[str]:
    """What disagrees, in sentences; empty when every head of the file has its block.

    Blocks younger than the file's end are no finding: the sealer writes the database first. A file that is missing
    although blocks exist is one, for without it a cut tail cannot be seen.
    """
    auditor = Database(auditor_url, pool_size=2, name="farthing-auditor")
    try:
        await auditor.open()
        found: list[str] = []
        newest: dict[int, int] = {}
        lines = heads.read(path)
        while len(found) < _FINDINGS_MAX and (batch := list(islice(lines, _BATCH))):
            for head in batch:
                newest[head["env"]] = max(newest.get(head["env"], 0), head["number"])
            rows = await auditor.rows(0, sql.HEADS_MISSING, (orjson.dumps(batch).decode(),))
            found += [_sentence(row) for row in rows]
        sealed = await auditor.rows(0, sql.SEALED)
        found += [f"environment {row['env']} has {row['number']} sealed blocks and no head of them stands in {path}: "
                  "a cut tail or an older database could not be seen" for row in sealed if row["env"] not in newest]
    except heads.Damaged as damaged:
        found.append(str(damaged))
    finally:
        await auditor.close()
    return found[:_FINDINGS_MAX]


def _sentence(row: dict[str, object]) -> str:
    if row["hash"] is not None:
        return (f"block {row['number']} of environment {row['env']} is not the one that was kept outside: "
                "its rows or the blocks before it were written anew")
    return (f"block {row['number']} of environment {row['env']} is gone, the last one here is {row['last'] or 'none'}: "
            "the end was cut off, or this is an older database")
