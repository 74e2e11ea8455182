"""Random walks: whatever is asked in whatever order, each answer and each state is what a small model allows."""

import time

from tests import walks
from tests.fault.verdicts import Figures, verdict
from tests.house import house_over
from tests.stack import bare_database

TITLE = "Random walks over payments, setups, checkout sessions and refunds"
COUNT, QUICK = 10_000, 300


async def run(seed: int, quick: bool) -> Figures:
    """Walk, settle what is decided later, and compare the charges and the books with what was said."""
    count, began = QUICK if quick else COUNT, time.monotonic()
    with bare_database() as postgres:
        async with house_over(postgres, timeout=8) as house:
            started = time.monotonic()
            found = await walks.many(house, seed, count)
            seconds = time.monotonic() - started
            await walks.settled(house)
            messages, broken = len(await house.journal()), await house.broken()
            wrong = await walks.differing(house, found.ends)
    figures = {
        "walks_of_payments": found.walked["payment"], "walks_of_setups": found.walked["setup"],
        "walks_of_sessions": found.walked["session"], "requests": found.answers.total(),
        "done": found.answers[walks.OK], "refused": found.answers.total() - found.answers[walks.OK],
        "kinds_of_refusals": len(found.answers) - 1, "pairs_at_one_moment": found.pairs,
        "payments_charged": sum(None not in may for may in found.ends.values()), "messages_to_the_networks": messages,
        "walking_seconds": round(seconds, 1), "walks_a_second": round(count / seconds, 1),
        "astray": len(found.astray), "charges_that_differ": len(wrong), "invariants_violated": len(broken)}
    least = {"kinds_of_refusals": 10, "payments_charged": count // 10, "pairs_at_one_moment": count // 4}
    return verdict(seed, count, began, figures, why=[*found.astray, *wrong, *sorted(broken)], at_least=least,
                   at_most={"astray": 0, "charges_that_differ": 0, "invariants_violated": 0})
