"""The life of a payment method: used once without a customer, or attached and used many times; and never after that.

What may be said once of an object, too: its customer.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from backend.customers import customers, payment_methods
from backend.errors import CardError, InvalidRequest
from backend.payments import intents
from backend.setups import setup_intents
from tests.house import House, house_over
from tests.stack import Schema

Row = dict[str, Any]
SPENT = "payment_method_unexpected_state"


@pytest.fixture
async def house(postgres: Schema) -> AsyncIterator[House]:
    async with house_over(postgres) as made:
        yield made


async def _method(house: House, name: str = "pm_card_visa") -> str:
    return str((await payment_methods.load(house.ctx, name))["id"])


async def _customer(house: House) -> str:
    async with house.ctx.transaction() as tx:
        return str((await customers.create(house.ctx, tx, {}))["id"])


async def _attach(house: House, method: str, customer: str) -> None:
    async with house.ctx.transaction() as tx:
        await payment_methods.attach(house.ctx, tx, method, customer)


async def _spent(house: House, method: str, customer: str | None = None) -> None:
    """Nothing can be done with it any more."""
    customer = customer or await _customer(house)
    whose: Row = {"customer": customer}
    intent = await house.pay(confirm=False, card="pm_card_visa")
    for verb in (lambda: house.pay(card=method), lambda: house.pay(card=method, **whose),
                 lambda: house.pay(card=method, confirm=False), lambda: _attach(house, method, customer),
                 lambda: intents.confirm(house.ctx, intent["id"], {"payment_method": method}),
                 lambda: intents.update(house.ctx, intent["id"], {"payment_method": method}),
                 lambda: payment_methods.keepable(house.ctx, method),
                 lambda: setup_intents.create(house.ctx, {"payment_method": method, "confirm": True})):
        with pytest.raises(InvalidRequest) as refused:
            await verb()
        assert (refused.value.code, refused.value.param) == (SPENT, "payment_method")


@pytest.mark.parametrize("more", [{}, {"capture_method": "manual"}, {"customer": True}])
async def test_a_method_without_a_customer_pays_once(house: House, more: Row) -> None:
    method, customer = await _method(house), await _customer(house)
    whose: Row = {"customer": customer} if more.pop("customer", None) else {}
    await house.pay(card=method, **whose, **more)
    await _spent(house, method, customer)
    assert len(await house.sales()) == 1


async def test_a_method_that_was_attached_first_pays_many_times_until_it_is_detached(house: House) -> None:
    method, customer = await _method(house), await _customer(house)
    await _attach(house, method, customer)
    for _ in range(3):
        assert (await house.pay(card=method, customer=customer))["status"] == "succeeded"
    async with house.ctx.transaction() as tx:
        await payment_methods.detach(house.ctx, tx, method)
    await _spent(house, method, customer)


async def test_a_payment_that_is_to_be_repeated_keeps_its_method(house: House) -> None:
    method, customer = await _method(house), await _customer(house)
    await house.pay(card=method, customer=customer, setup_future_usage="off_session")
    for _ in range(2):
        await house.pay(card=method, customer=customer, off_session=True)


async def test_a_declined_method_is_not_spent(house: House) -> None:
    method = await _method(house)
    house.vault.control(match=[{"fault": "decline", "kind": "sale", "response_code": "05", "once": True}])
    with pytest.raises(CardError):
        await house.pay(card=method)
    assert (await house.pay(card=method))["status"] == "succeeded"
    await _spent(house, method)


async def test_a_payment_settled_by_asking_spends_its_method_too(house: House) -> None:
    method = await _method(house)
    house.vault.control(match=[{"fault": "approve_silent", "kind": "sale", "once": True}])
    assert (await house.pay(card=method))["status"] == "processing"
    await house.settle()
    await _spent(house, method)


async def test_the_name_of_a_test_card_is_a_new_method_each_time(house: House) -> None:
    for _ in range(3):
        assert (await house.pay())["status"] == "succeeded"


# ---- what is said once


async def test_the_customer_of_an_intent_does_not_change_once_it_is_set(house: House) -> None:
    first, second = await _customer(house), await _customer(house)
    for create, update, more in ((intents.create, intents.update, {"amount": 1000, "currency": "usd"}),
                                 (setup_intents.create, setup_intents.update, {})):
        nobodys = await create(house.ctx, dict(more))
        assert (await update(house.ctx, nobodys["id"], {"customer": first}))["customer"] == first
        for intent in (nobodys, await create(house.ctx, {**more, "customer": first})):
            for other in (second, ""):
                with pytest.raises(InvalidRequest, match="once it is set") as refused:
                    await update(house.ctx, intent["id"], {"customer": other})
                assert refused.value.param == "customer"
            same = await update(house.ctx, intent["id"], {"customer": first, "description": "the same"})
            assert (same["customer"], same["description"]) == (first, "the same")
