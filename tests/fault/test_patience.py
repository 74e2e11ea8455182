"""The reconciler waits rather than guesses, and leaves alone what another has in hand."""

from collections.abc import AsyncIterator

import pytest

from backend.exchanges import attempts, enquiries
from backend.payments import intents
from backend.reconciliation import attempts as reconciler
from tests.house import House, house_over
from tests.stack import Schema


@pytest.fixture
async def house(postgres: Schema) -> AsyncIterator[House]:
    async with house_over(postgres) as made:
        yield made


async def test_at_the_end_of_the_schedule_nothing_is_guessed(
        house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A day of silence, and the money was taken: the payment stays `processing`, a person looks."""
    monkeypatch.setattr(enquiries, "DEADLINE_SECONDS", 0.3)
    house.vault.control(match=[{"fault": "approve_silent", "kind": "sale"}])
    intent = await house.pay()
    house.vault.control(reset=True, kinds=["inquiry"], faults={"drop": 1.0})
    house.clock.move(seconds=reconciler.MANUAL_AFTER_SECONDS)
    for _ in range(reconciler.ASKED_MIN):
        assert [row["status"] for row in await house.attempts()] == ["unknown"]
        assert await house.settle() == 0
    assert [row["status"] for row in await house.attempts()] == ["manual"]
    assert (await intents.get(house.ctx, intent["id"]))["status"] == "processing"
    assert len(await house.sales()) == 1


@pytest.mark.parametrize("away", [False, True], ids=["acquirer", "vault"])
async def test_a_day_without_anybody_at_work_is_no_day_of_silence(
        house: House, monkeypatch: pytest.MonkeyPatch, away: bool) -> None:
    """All of us were stopped for a day: who is not there yet when asked is asked again, and has the answer."""
    monkeypatch.setattr(enquiries, "DEADLINE_SECONDS", 0.3)
    house.vault.control(match=[{"fault": "approve_silent", "kind": "sale"}])
    intent = await house.pay()
    house.clock.move(seconds=reconciler.MANUAL_AFTER_SECONDS)
    if away:
        house.superuser(f"UPDATE pay.attempt SET check_no = {reconciler.ASKED_MIN}")
        assert house.vault.vault
        house.vault.vault.terminate()
        house.vault.vault.wait(30)
    else:
        house.vault.control(reset=True, kinds=["inquiry"], faults={"drop": 1.0})
    assert await house.settle() == 0
    assert [row["status"] for row in await house.attempts()] == ["unknown"]
    if away:
        house.vault.start_vault()
    else:
        house.vault.control(reset=True)
    assert await house.settle() == 1
    assert (await intents.get(house.ctx, intent["id"]))["status"] == "succeeded"
    assert await house.broken() == set()


async def test_what_one_reconciler_has_in_hand_no_other_takes(house: House) -> None:
    house.vault.control(match=[{"fault": "drop", "kind": "sale"}])
    await house.pay()
    house.superuser("UPDATE pay.attempt SET next_check_at = now()")
    assert len(await attempts.lease(house.ctx, 10)) == 1
    assert await attempts.lease(house.ctx, 10) == []
    house.superuser("UPDATE pay.attempt SET leased_until = now() - interval '1 s'")
    assert [row.check_no for row in await attempts.lease(house.ctx, 10)] == [2]
