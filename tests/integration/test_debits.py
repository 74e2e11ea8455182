"""Debits of bank accounts: taken at once, decided later, learned only by asking; the same books as for cards."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest

from backend.errors import ApiError, CardError, InvalidRequest
from backend.ledger import balances
from backend.payments import intents
from backend.refunds import refunds
from tests.house import House, house_over
from tests.stack import Schema

WORD = {"mandate_data": {"customer_acceptance": {"type": "offline", "offline": {}}}}
DECIDED_LATER = "pm_sepaDebit_successDelayed_de", "pm_sepaDebit_failedDelayed_ie"


@pytest.fixture
async def house(postgres: Schema) -> AsyncIterator[House]:
    async with house_over(postgres, timeout=1.5) as made:
        yield made


async def pay(house: House, name: str = "pm_usBankAccount_success", amount: int = 1000, **more: Any) -> Any:
    kind, currency = ("us_bank_account", "usd") if "usBank" in name else ("sepa_debit", "eur")
    return await house.pay(amount, name, **{"currency": currency, "payment_method_types": [kind], **WORD, **more})


async def charge_of(house: House, intent: str) -> Any:
    rows = await house.ctx.db.rows(house.ctx.env, "SELECT to_jsonb(c) AS row FROM pay.charge c WHERE env = %s "
                                                  "AND payment_id = %s", (house.ctx.env, intent))
    return rows[0]["row"]


async def test_a_debit_is_processing_until_the_bank_was_asked(house: House) -> None:
    made = await pay(house)
    assert made["status"] == "processing"
    assert "last_attempt" not in made, "the bank has it: its outcome is not unknown, it is not decided"
    charge = await charge_of(house, made["id"])
    assert charge["status"] == "pending"
    assert await house.events(made["id"]) == ["payment_intent.created", "payment_intent.processing", "charge.pending"]
    assert await house.settle() == 1
    assert (await intents.get(house.ctx, made["id"]))["status"] == "succeeded"
    charge = await charge_of(house, made["id"])
    assert (charge["status"], charge["captured"], charge["amount_captured"]) == ("succeeded", True, 1000)
    assert charge["payment_method_details"]["us_bank_account"]["mandate"].startswith("mandate_")
    assert (await house.events(made["id"]))[-2:] == ["charge.pending", "charge.succeeded"]
    assert await house.broken() == set()


async def test_a_debit_in_dollars_is_available_at_once_and_one_in_euros_is_not(house: House) -> None:
    for name in ("pm_usBankAccount_success", "pm_sepaDebit_success_de"):
        await pay(house, name, 5000)
    await house.settle()
    balance = await balances.get(house.ctx)
    has = {side: {part["currency"]: part["amount"] > 0 for part in balance[side]} for side in ("available", "pending")}
    assert has == {"available": {"eur": False, "usd": True}, "pending": {"eur": True, "usd": False}}
    assert await house.broken() == set()


async def test_a_refused_debit_says_why(house: House) -> None:
    made = await pay(house, "pm_sepaDebit_insufficientFunds_de")
    await house.settle()
    now = await intents.get(house.ctx, made["id"])
    assert (now["status"], now["last_payment_error"]["code"]) == ("requires_payment_method", "insufficient_funds")
    charge = await charge_of(house, made["id"])
    assert (charge["status"], charge["failure_code"]) == ("failed", "insufficient_funds")
    assert (await house.events(made["id"]))[-4:] == ["payment_intent.processing", "payment_intent.payment_failed",
                                                     "charge.pending", "charge.failed"]
    assert await house.broken() == set()


async def test_a_slow_bank_is_asked_again_until_it_has_decided(house: House) -> None:
    made = [await pay(house, name) for name in DECIDED_LATER]
    house.clock.move(seconds=170)
    await house.ask()
    assert {(await intents.get(house.ctx, one["id"]))["status"] for one in made} == {"processing"}
    house.clock.move(seconds=11)
    assert await house.ask() == 2
    assert [(await intents.get(house.ctx, one["id"]))["status"] for one in made] == ["succeeded",
                                                                                   "requires_payment_method"]


async def test_no_answer_lost_messages_and_twins_are_settled_by_asking(house: House) -> None:
    house.vault.control(bank={"match": [{"fault": "approve_silent", "amount": 2001},
                                        {"fault": "drop", "amount": 2002}]})
    made = await asyncio.gather(*(pay(house, amount=amount) for amount in (2001, 2002) for _ in range(5)))
    assert Counter(one["status"] for one in made) == {"processing": 10}
    for _ in range(3):
        await house.settle()
    found = Counter([(one["amount"], (await intents.get(house.ctx, one["id"]))["status"]) for one in made])
    assert found == {(2001, "succeeded"): 5, (2002, "requires_payment_method"): 5}
    journal = [row["status"] for row in await house.journal() if row["connector"] == "bank" and row["amount"] == 2001]
    assert journal == ["approved"] * 5
    assert await house.broken() == set()


async def test_two_reconcilers_apply_one_outcome(house: House) -> None:
    made = await pay(house)
    await asyncio.gather(*(house.settle() for _ in range(4)))
    assert (await house.events(made["id"])).count("payment_intent.succeeded") == 1
    assert await house.broken() == set()


async def test_a_debit_that_is_processing_can_be_called_back(house: House) -> None:
    made = await pay(house, "pm_usBankAccount_processing")
    await house.settle()
    assert (await intents.get(house.ctx, made["id"]))["status"] == "processing"
    gone = await intents.cancel(house.ctx, made["id"], {"cancellation_reason": "abandoned"})
    assert (gone["status"], gone["cancellation_reason"]) == ("canceled", "abandoned")
    assert [row["status"] for row in await house.journal() if row["connector"] == "bank"] == ["reversed"]
    assert (await charge_of(house, made["id"]))["status"] == "failed"
    with pytest.raises(InvalidRequest, match="status of canceled"):
        await intents.cancel(house.ctx, made["id"], {})
    assert await house.broken() == set()


@pytest.mark.parametrize("fault", ["drop", "approve_silent", "decline"])
async def test_a_debit_is_called_back_only_when_its_bank_says_so(house: House, fault: str) -> None:
    made = await pay(house, "pm_usBankAccount_processing")
    house.vault.control(bank={"match": [{"fault": fault, "kind": "cancel"}]})
    with pytest.raises(ApiError, match="still being processed"):
        await intents.cancel(house.ctx, made["id"], {"cancellation_reason": "abandoned"})
    now = await intents.get(house.ctx, made["id"])
    assert (now["status"], now["cancellation_reason"]) == ("processing", None)
    house.vault.control(bank={"match": []})
    gone = await intents.cancel(house.ctx, made["id"], {"cancellation_reason": "duplicate"})
    assert (gone["status"], gone["cancellation_reason"]) == ("canceled", "duplicate")
    assert [row["status"] for row in await house.journal() if row["connector"] == "bank"] == ["reversed"]
    assert await house.broken() == set()


async def test_a_debit_that_was_called_back_in_vain_is_never_taken_for_paid(house: House) -> None:
    made = await pay(house)
    house.vault.control(bank={"match": [{"fault": "drop", "kind": "cancel"}]})
    with pytest.raises(ApiError):
        await intents.cancel(house.ctx, made["id"], {})
    house.vault.control(bank={"match": []})
    assert await house.settle() == 1  # the bank would pay it, but our cancel may still be on its way
    assert (await intents.get(house.ctx, made["id"]))["status"] == "requires_payment_method"
    assert [row["status"] for row in await house.journal() if row["connector"] == "bank"] == ["reversed"]
    assert await house.broken() == set()


async def test_a_card_that_is_processing_cannot_be_called_back(house: House) -> None:
    house.vault.control(match=[{"fault": "approve_silent", "amount": 3001}])
    made = await house.pay(3001)
    with pytest.raises(InvalidRequest, match="status of processing"):
        await intents.cancel(house.ctx, made["id"], {})


async def test_money_of_a_debit_goes_back_by_a_transfer(house: House) -> None:
    made = await pay(house)
    with pytest.raises(InvalidRequest, match="successful charge"):
        await refunds.create(house.ctx, {"payment_intent": made["id"]})
    await house.settle()
    back = await refunds.create(house.ctx, {"payment_intent": made["id"], "amount": 400})
    assert (back["status"], back["destination_details"]["type"]) == ("succeeded", "us_bank_transfer")
    with pytest.raises(InvalidRequest, match="greater than"):
        await refunds.create(house.ctx, {"payment_intent": made["id"], "amount": 601})
    assert await house.broken() == set()


async def test_a_risky_account_is_blocked_and_its_bank_never_hears_of_it(house: House) -> None:
    with pytest.raises(CardError, match="bank account was declined"):
        await pay(house, "pm_usBankAccount_riskLevelHighest")
    assert not [row for row in await house.journal() if row["connector"] == "bank"]


@pytest.mark.parametrize(("change", "code"), [
    ({"currency": "eur"}, "payment_method_currency_mismatch"),
    ({"mandate_data": None}, "payment_intent_mandate_invalid"),
    ({"capture_method": "manual"}, "parameter_invalid_combination"),
    ({"payment_method_types": ["card"]}, "payment_intent_incompatible_payment_method")])
async def test_what_can_never_be_debited_is_refused_before_anything_is_sent(house: House, change: Any,
                                                                            code: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await pay(house, **change)
    assert refused.value.code == code
    assert not [row for row in await house.journal() if row["connector"] == "bank"]


async def test_the_number_of_an_account_lies_in_the_vault_alone(house: House) -> None:
    await pay(house)
    rows = await house.rows("SELECT to_jsonb(m)::text AS row FROM pay.payment_method m WHERE env = %s")
    assert rows
    assert all("000123456789" not in row["row"] for row in rows)
    assert "000123456789" not in house.vault.log()
