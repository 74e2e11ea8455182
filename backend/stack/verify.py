"""`farthing verify`: the books check, on a stack that runs or on its databases alone."""

import asyncio
from typing import Any

from backend.audit import comparison
from backend.config import Settings
from backend.reconciliation import invariants, persons, records
from backend.stack import journals
from backend.stack.console import say
from backend.stack.reach import reached
from backend.stack.trouble import Trouble


def verify(settings: Settings) -> None:
    """Import what the sandbox's acquirers know, run every invariant, compare the audit trail's blocks with the heads
    kept outside, print the findings; Trouble when there are any."""
    with reached(settings) as connected:
        known = [] if connected.live else journals.read(connected)
        found, heads = asyncio.run(_check(connected, known))
        waiting = len(asyncio.run(persons.find(connected.auditor_database_url)))
    for violation in found:
        say(f"- {violation.check.id}: {violation.check.meaning}")
        for row in violation.rows:
            say("    " + ", ".join(f"{name} {value}" for name, value in row.items()))
    for sentence in heads:
        say(f"- outside heads: {sentence}")
    if waiting:
        say(f"- {waiting} {'message waits' if waiting == 1 else 'messages wait'} for a person, with money held: see "
            "'farthing message list'.")
    count = len(invariants.checks()) - (len(invariants.RECORD_CHECKS) if settings.live else 0)
    if settings.live:
        say("Not checked, for no acquirer's records were imported: " + ", ".join(sorted(invariants.RECORD_CHECKS)))
    if heads:
        raise Trouble(f"The audit trail is not the one whose heads stand in {settings.audit_heads_file}. Unless you "
                      "restored an older database yourself, keep both and ask who may write the database.")
    if found:
        raise Trouble(f"{len(found)} of {count} invariants do not hold. Payments in flight show here for a moment: "
                      "run it again before you worry.")
    say(f"All {count} invariants hold.")
    if not settings.live:
        say(f"The books agree with the {len(known)} records of the acquirers.")
    say(f"The audit trail agrees with the heads in {settings.audit_heads_file}.")


async def _check(settings: Settings, known: list[dict[str, Any]]) -> tuple[list[invariants.Violation], list[str]]:
    if not settings.live:
        await records.take(settings.owner_database_url, settings.auditor_database_url, known)
    found = await invariants.run(settings.auditor_database_url, settings.vault_database_url,
                                 records=not settings.live)
    return found, await comparison.run(settings.audit_heads_file, settings.auditor_database_url)
