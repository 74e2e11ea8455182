"""The first start after a restore: before the doors open, the acquirers' records are matched with ours."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from backend import logs
from backend.config import Settings
from backend.stack import journals
from backend.stack.console import say
from backend.stack.places import Places


def settle(settings: Settings, places: Places) -> None:
    """Nothing, unless a restore left its mark; the mark stays until no record is left over and the books agree."""
    if not places.restored_json.exists():
        return
    if settings.live:
        say("The database was restored, and live acquirers give no list of their records that could be compared here: "
            "compare their reports with the table pay.attempt by hand, run 'farthing verify', and remove "
            f"{places.restored_json} when nothing is left over.")
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
                                    lambda: journals.read(settings))
