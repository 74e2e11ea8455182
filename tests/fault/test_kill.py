"""Payments through crashes: a storm of 200 payments, judged as `make faults` judges two thousand.

Replay a run with FARTHING_SEED=<seed>, or with `python -m tests.fault storm --quick --seed <seed>`.
"""

import os
import random

import pytest

from tests.fault.experiments import storm


@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # the official library's way with httpx
async def test_no_payment_is_lost_or_doubled_by_crashes() -> None:
    seed = int(os.environ.get("FARTHING_SEED") or random.SystemRandom().randrange(1_000_000))
    print(f"\nseed {seed}")
    found = await storm.run(seed, quick=True)
    print(found)
    assert (found.get("broken"), found.get("why")) == (None, None)
    assert found["verdict"] == "pass"
