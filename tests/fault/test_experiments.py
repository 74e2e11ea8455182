"""The short forms of the experiments that no other test here runs already."""

import pytest

from tests.fault.experiments import commit_lost, disks, keys, ledger, refunds, sdk

SEED = 20261121


@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # the official library's way with httpx
@pytest.mark.parametrize("experiment", [commit_lost, disks, keys, ledger, refunds, sdk],
                         ids=lambda one: one.__name__.split(".")[-1])
async def test_the_short_form_passes(experiment) -> None:
    found = await experiment.run(SEED, True)
    print(f"\n{found}")
    assert found["verdict"] == "pass", found
