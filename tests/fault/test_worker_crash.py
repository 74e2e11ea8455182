"""The worker is killed with work in hand: nothing is lost, and what comes twice is the same. FARTHING_SEED replays."""

import os
import random

from tests.fault.experiments import workers


async def test_work_that_a_dead_worker_had_in_hand_is_done() -> None:
    seed = int(os.environ.get("FARTHING_SEED") or random.SystemRandom().randrange(1_000_000))
    found = await workers.run(seed, quick=True)
    print(f"\n{found}")
    assert found["verdict"] == "pass", found
