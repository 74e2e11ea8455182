"""The sealer: each second it closes what was written into blocks, and keeps their heads outside the database."""

import asyncio
from pathlib import Path

import structlog

from backend.audit import heads, sql
from backend.context import Runtime

log = structlog.get_logger(__name__)

Known = dict[int, tuple[int, str]]
"""env -> (number, hash) of the newest head in the file."""


class Sealer:
    """Seals every environment that has something to seal; several may run, each with its own file or sharing one."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._path: Path = runtime.settings.audit_heads_file
        self._known: Known | None = None
        self._stamp: tuple[int, int] | None = None
        self._told: set[int] = set()
        # Compare every head once with a new file, and write those that a crash or another sealer kept from it.
        self._unmet: set[int] | None = None

    async def seal(self) -> int:
        """Look once; returns how many blocks were added to the file.

        An environment whose kept head the database does not know is not sealed any more: its rows wait, and a person
        must look (docs/operate/audit.md).
        """
        added = 0
        known = await asyncio.to_thread(self._read)
        if self._unmet is None:
            self._unmet = {row["id"] for row in await self._runtime.db.rows(0, sql.ENVIRONMENTS)} | known.keys() | {0}
        for env in sorted(self._unmet.union(await self._runtime.db.call(0, sql.WAITING))):
            added += await self._seal(env, known, self._unmet)
        return added

    async def _seal(self, env: int, known: Known, unmet: set[int]) -> int:
        added, more = 0, True
        while more:
            number, hash_ = known.get(env, (None, None))
            answer = await self._runtime.db.call(env, sql.SEAL, (env, number, hash_), actor="sealer")
            if answer.get("busy"):
                return added
            unmet.discard(env)
            if answer.get("disagrees"):
                if env not in self._told:
                    log.critical("audit_head_unknown", env=env, number=number, file=str(self._path))
                self._told.add(env)
                return added
            self._told.discard(env)
            blocks = answer["blocks"]
            if blocks:
                await asyncio.to_thread(heads.append, self._path, blocks)
                known[env] = blocks[-1]["number"], blocks[-1]["hash"]
            added, more = added + len(blocks), answer["more"]
        return added

    def _read(self) -> Known:
        """The newest head per environment; the file is read again only when it is another one than before."""
        try:
            found = self._path.stat()
            stamp = found.st_dev, found.st_ino
        except FileNotFoundError:
            stamp = None
        if self._known is None or stamp != self._stamp:
            # A file that was just made by ourselves changes its stamp, too; reading it again costs nothing.
            self._known, self._stamp, self._unmet = newest(self._path), stamp, None
        return self._known


def newest(path: Path) -> Known:
    """env -> (number, hash) of the newest head in the file."""
    known: Known = {}
    for head in heads.read(path):
        if head["number"] >= known.get(head["env"], (0, ""))[0]:
            known[head["env"]] = head["number"], head["hash"]
    return known
