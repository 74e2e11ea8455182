"""The first start after a restore: before the doors open, the acquirers' records are matched with ours."""

import asyncio
import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

from backend import logs
from backend.config import ROOT, Settings
from backend.stack.console import say
from backend.stack.places import Places
from backend.stack.trouble import Trouble


def settle(settings: Settings, places: Places) -> None:
    """Nothing, unless a restore left its mark; the mark stays until no record is left over and the books agree."""
    if not places.restored_json.exists():
        return
    if settings.live:
        say("The database was restored, and live acquirers give no list of their records: import their settlement "
            f"files, run 'farthing verify', and remove {places.restored_json} when it finds nothing.")
        return
    say("The database was restored: asking the acquirers for what they did since then …")
    with logs.to_file(places.log("restore"), settings.log_level):
        report = asyncio.run(_settle(settings))
    say(f"{report} Each record is in {places.log('restore')} and in the table pay.orphan.")
    if report.clean:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        places.restored_json.replace(places.restored_json.with_name(f"restored-{stamp}.json"))
    else:
        say("Not everything could be matched, so the next start tries again. Until then 'farthing verify' shows it.")


async def _settle(settings: Settings) -> Any:
    from backend import runtime  # slow to import, and not needed by most starts
    from backend.reconciliation import orphans

    async with runtime.opened(settings, "restore") as opened:
        return await orphans.settle(opened, settings.owner_database_url, settings.auditor_database_url,
                                    lambda: _journal(settings))


def _journal(settings: Settings) -> list[dict[str, Any]]:
    """The sandbox's own view of its journals, from its own program: we share no code with it."""
    asked = subprocess.run([sys.executable, "-m", "sandbox", "journal", "--json", "--data", str(settings.data)],
                           cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if asked.returncode:
        raise Trouble(f"The sandbox's journal cannot be read: {asked.stderr.strip()}")
    rows: list[dict[str, Any]] = json.loads(asked.stdout)
    return rows
