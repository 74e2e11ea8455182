"""Drives every resource with whatever version of the official Python package is on the path; prints what was reached.

    python drive.py BASE KEY [async]

Run as a program of its own, because one process can hold one version only. Any surprise ends it with a traceback.
"""

import asyncio
import inspect
import io
import json
import sys
from typing import Any

import stripe

reached: set[str] = set()


class Api:
    """The client's `v1`, every call of which is noted and, when asked for, made asynchronously."""

    def __init__(self, node: Any, asynchronous: bool, path: str = "") -> None:
        self._node, self._async, self._path = node, asynchronous, path

    def __getattr__(self, name: str) -> "Api":
        return Api(getattr(self._node, name), self._async, f"{self._path}.{name}".strip("."))

    async def __call__(self, *args: Any) -> Any:
        reached.add(self._path)
        if not self._async:
            return self._node(*args)
        owner, _, name = self._path.rpartition(".")
        bound = getattr(self._node.__self__, f"{name}_async")
        result = bound(*args)
        return await result if inspect.isawaitable(result) else result


async def payments(v1: Api) -> None:
    customer = await v1.customers.create({"name": "Ada", "email": "ada@example.com"})
    assert (await v1.customers.update(customer.id, {"phone": "+4722334455"})).phone
    assert (await v1.customers.list({"limit": 1})).data[0].id == customer.id
    method = await v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}})
    await v1.payment_methods.attach(method.id, {"customer": customer.id})
    assert (await v1.payment_methods.retrieve(method.id)).customer == customer.id
    await v1.payment_methods.update(method.id, {"metadata": {"a": "1"}})
    assert (await v1.payment_methods.list({"customer": customer.id})).data[0].id == method.id
    assert (await v1.customers.payment_methods.list(customer.id)).data[0].id == method.id
    assert (await v1.customers.payment_methods.retrieve(customer.id, method.id)).id == method.id

    held = await v1.payment_intents.create({"amount": 2000, "currency": "usd", "customer": customer.id,
                                            "payment_method": method.id, "capture_method": "manual"})
    await v1.payment_intents.update(held.id, {"description": "one"})
    assert (await v1.payment_intents.confirm(held.id)).status == "requires_capture"
    paid = await v1.payment_intents.capture(held.id, {"amount_to_capture": 1500})
    assert (paid.status, paid.amount_received) == ("succeeded", 1500)
    left = await v1.payment_intents.create({"amount": 900, "currency": "eur"})
    assert (await v1.payment_intents.cancel(left.id)).status == "canceled"
    assert (await v1.payment_intents.retrieve(left.id)).status == "canceled"
    assert (await v1.payment_intents.list({"limit": 1})).data[0].id == left.id
    try:
        await v1.payment_intents.create({"amount": 900, "currency": "usd", "confirm": True,
                                         "payment_method": "pm_card_visa_chargeDeclinedInsufficientFunds"})
        raise AssertionError("a declined card paid")
    except stripe.CardError as error:
        assert (error.code, error.http_status) == ("card_declined", 402)

    charge = await v1.charges.retrieve(paid.latest_charge)
    assert charge.amount_captured == 1500
    assert (await v1.charges.list({"payment_intent": paid.id})).data[0].id == charge.id
    refund = await v1.refunds.create({"charge": charge.id, "amount": 500})
    await v1.refunds.update(refund.id, {"metadata": {"a": "1"}})
    assert (await v1.refunds.retrieve(refund.id)).status == "succeeded"
    assert (await v1.refunds.list({"charge": charge.id})).data[0].id == refund.id
    waiting = await v1.payment_intents.create({"amount": 900, "currency": "usd", "confirm": True,
                                               "payment_method": "pm_card_pendingRefund"})
    later = await v1.refunds.create({"payment_intent": waiting.id})
    try:
        await v1.refunds.cancel(later.id)
    except stripe.InvalidRequestError as error:  # a card's refund that is on its way cannot be called back
        assert error.http_status == 400
    await v1.payment_methods.detach(method.id)
    assert (await v1.customers.delete(customer.id)).deleted
    await v1.customers.retrieve(customer.id)
    await v1.balance.retrieve()
    txn = (await v1.balance_transactions.list({"source": charge.id})).data[0]
    assert (await v1.balance_transactions.retrieve(txn.id)).net == txn.amount - txn.fee


async def saving(v1: Api) -> None:
    customer = await v1.customers.create({"payment_method": "pm_card_visa"})
    setup = await v1.setup_intents.create({"customer": customer.id})
    await v1.setup_intents.update(setup.id, {"payment_method": "pm_card_mastercard"})
    setup = await v1.setup_intents.confirm(setup.id, {
        "mandate_data": {"customer_acceptance": {"type": "offline"}}})
    assert (await v1.setup_intents.retrieve(setup.id)).status == "succeeded"
    assert (await v1.setup_intents.list({"customer": customer.id})).data[0].id == setup.id
    assert (await v1.setup_attempts.list({"setup_intent": setup.id})).data[0].status == "succeeded"
    assert (await v1.mandates.retrieve(setup.mandate)).status == "active"
    typed = await v1.setup_intents.create({
        "customer": customer.id, "confirm": True, "payment_method_types": ["us_bank_account"],
        "mandate_data": {"customer_acceptance": {"type": "offline"}}, "payment_method_data": {
            "type": "us_bank_account", "billing_details": {"name": "Ada"}, "us_bank_account": {
                "account_number": "000123456789", "routing_number": "110000000",
                "account_holder_type": "individual"}}})
    assert typed.next_action.type == "verify_with_microdeposits"
    proven = await v1.setup_intents.verify_microdeposits(typed.id, {"amounts": [32, 45]})
    assert (await v1.mandates.retrieve(proven.mandate)).payment_method_details.type == "us_bank_account"
    left = await v1.setup_intents.create({})
    assert (await v1.setup_intents.cancel(left.id)).status == "canceled"
    made = await v1.test_helpers.confirmation_tokens.create({"payment_method": "pm_card_visa"})
    assert (await v1.confirmation_tokens.retrieve(made.id)).payment_intent is None
    away = await v1.payment_intents.create({"amount": 900, "currency": "usd", "confirm": True, "off_session": True,
                                            "customer": customer.id, "payment_method": setup.payment_method})
    assert away.status == "succeeded"
    try:
        await v1.tokens.create({"card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2034}})
        raise AssertionError("a card number was taken")
    except stripe.InvalidRequestError as error:  # only the vault takes cards
        assert error.code == "card_number_not_allowed_here"

    held = await v1.charges.create({"amount": 900, "currency": "usd", "source": "tok_visa", "capture": False})
    assert (await v1.charges.capture(held.id, {"amount": 800})).amount_captured == 800
    assert (await v1.charges.update(held.id, {"description": "Mug"})).description == "Mug"
    tax = await v1.customers.tax_ids.create(customer.id, {"type": "eu_vat", "value": "DE136695976"})
    await v1.customers.tax_ids.retrieve(customer.id, tax.id)
    assert (await v1.customers.tax_ids.list(customer.id)).data[0].id == tax.id
    assert tax.id in [one.id for one in (await v1.tax_ids.list({
        "limit": 100, "owner": {"type": "customer", "customer": customer.id}})).data]
    assert (await v1.customers.tax_ids.delete(customer.id, tax.id)).deleted
    change = await v1.customers.balance_transactions.create(customer.id, {"amount": -500, "currency": "eur"})
    assert (await v1.customers.balance_transactions.retrieve(customer.id, change.id)).ending_balance == -500
    await v1.customers.balance_transactions.update(customer.id, change.id, {"description": "Goodwill"})
    assert (await v1.customers.balance_transactions.list(customer.id)).data[0].id == change.id


async def events(v1: Api) -> None:
    made = await v1.webhook_endpoints.create({"url": "https://example.com/h", "enabled_events": ["refund.created"]})
    assert made.secret.startswith("whsec_")
    await v1.webhook_endpoints.update(made.id, {"description": "two"})
    await v1.webhook_endpoints.retrieve(made.id)
    assert made.id in [one.id for one in (await v1.webhook_endpoints.list()).data]
    assert (await v1.webhook_endpoints.delete(made.id)).deleted
    newest = (await v1.events.list({"limit": 1})).data[0]
    assert (await v1.events.retrieve(newest.id)).id == newest.id


async def checkout(v1: Api) -> None:
    price = {"currency": "usd", "unit_amount": 500, "product_data": {"name": "Mug"}}
    session = await v1.checkout.sessions.create({"mode": "payment", "success_url": "https://example.com/",
                                                 "line_items": [{"price_data": price, "quantity": 2}]})
    assert session.amount_total == 1000
    assert (await v1.checkout.sessions.line_items.list(session.id)).data[0].quantity == 2
    await v1.checkout.sessions.retrieve(session.id)
    assert (await v1.checkout.sessions.expire(session.id)).status == "expired"
    assert (await v1.checkout.sessions.list({"limit": 1})).data[0].id == session.id


async def catalog(v1: Api) -> None:
    rate = await v1.tax_rates.create({"display_name": "VAT", "percentage": 20, "inclusive": False})
    await v1.tax_rates.update(rate.id, {"active": False})
    await v1.tax_rates.retrieve(rate.id)
    assert rate.id in [one.id for one in (await v1.tax_rates.list({"active": False})).data]
    product = await v1.products.create({"name": "Mug", "default_price_data": {"currency": "usd", "unit_amount": 500}})
    await v1.products.update(product.id, {"description": "For tea"})
    assert (await v1.products.retrieve(product.id)).default_price == product.default_price
    assert product.id in [one.id for one in (await v1.products.list({"active": True})).data]
    assert (await v1.products.search({"query": f'name:"mug" AND created>={product.created}'})).data
    empty = await v1.products.create({"name": "Nothing"})
    assert (await v1.products.delete(empty.id)).deleted
    price = await v1.prices.create({"product": product.id, "currency": "eur", "unit_amount": 450})
    await v1.prices.update(price.id, {"nickname": "euro"})
    assert (await v1.prices.retrieve(price.id)).unit_amount == 450
    assert price.id in [one.id for one in (await v1.prices.list({"product": product.id})).data]
    coupon = await v1.coupons.create({"percent_off": 25, "duration": "once"})
    await v1.coupons.update(coupon.id, {"name": "A quarter"})
    assert (await v1.coupons.retrieve(coupon.id)).valid
    assert coupon.id in [one.id for one in (await v1.coupons.list({"limit": 100})).data]
    promotion = {"promotion": {"type": "coupon", "coupon": coupon.id}}
    code = await v1.promotion_codes.create({**promotion, "code": f"QUARTER{coupon.id}"})
    await v1.promotion_codes.update(code.id, {"active": False})
    assert not (await v1.promotion_codes.retrieve(code.id)).active
    assert code.id in [one.id for one in (await v1.promotion_codes.list({"coupon": coupon.id})).data]
    gone = await v1.coupons.create({"percent_off": 10})
    assert (await v1.coupons.delete(gone.id)).deleted
    post = await v1.shipping_rates.create({"display_name": "Post", "type": "fixed_amount",
                                           "fixed_amount": {"amount": 300, "currency": "usd"}})
    await v1.shipping_rates.update(post.id, {"active": False})
    assert not (await v1.shipping_rates.retrieve(post.id)).active
    assert post.id in [one.id for one in (await v1.shipping_rates.list({"active": False})).data]


async def records(v1: Api) -> None:
    content = io.BytesIO(b"%PDF-1.7")
    content.name = "evidence.pdf"
    file = await v1.files.create({"purpose": "dispute_evidence", "file": content})
    assert (await v1.files.retrieve(file.id)).type == "pdf"
    assert file.id in [one.id for one in (await v1.files.list({"purpose": "dispute_evidence"})).data]
    link = await v1.file_links.create({"file": file.id})
    assert (await v1.file_links.retrieve(link.id)).file == file.id
    assert (await v1.file_links.update(link.id, {"expires_at": "now"})).expired
    assert (await v1.file_links.list({"file": file.id})).data[0].id == link.id
    own = await v1.accounts.retrieve_current()
    assert (await v1.accounts.update(own.id, {"metadata": {"a": "1"}})).id == own.id
    assert (await v1.accounts.retrieve(own.id)).charges_enabled
    assert (await v1.country_specs.retrieve("US")).default_currency == "usd"
    assert len((await v1.country_specs.list({"limit": 2})).data) == 2
    assert (await v1.exchange_rates.retrieve("usd")).rates["usd"] == 1
    assert len((await v1.exchange_rates.list({"limit": 2})).data) == 2


async def links(v1: Api) -> None:
    product = await v1.products.create({"name": "Mug", "default_price_data": {"currency": "usd", "unit_amount": 500}})
    made = await v1.payment_links.create({"line_items": [{"price": product.default_price, "quantity": 2}]})
    assert (await v1.payment_links.line_items.list(made.id)).data[0].quantity == 2
    assert not (await v1.payment_links.update(made.id, {"active": False})).active
    assert not (await v1.payment_links.retrieve(made.id)).active
    assert made.id in [one.id for one in (await v1.payment_links.list({"active": False})).data]


async def soon(find: Any) -> Any:
    """What opens a moment after a charge."""
    for _ in range(300):
        if found := (await find()).data:
            return found[0]
        await asyncio.sleep(0.1)
    raise AssertionError("nothing opened")


async def disputes(v1: Api) -> None:
    paid = {"amount": 900, "currency": "usd", "confirm": True}
    one = await v1.payment_intents.create({**paid, "payment_method": "pm_card_createDispute"})
    dispute = await soon(lambda: v1.disputes.list({"payment_intent": one.id}))
    await v1.disputes.update(dispute.id, {"evidence": {"product_description": "A mug"}})
    assert (await v1.disputes.retrieve(dispute.id)).evidence.product_description == "A mug"
    other = await v1.payment_intents.create({**paid, "payment_method": "pm_card_createIssuerFraudRecord"})
    warning = await soon(lambda: v1.radar.early_fraud_warnings.list({"payment_intent": other.id}))
    assert (await v1.radar.early_fraud_warnings.retrieve(warning.id)).actionable


async def main(base: str, key: str, asynchronous: bool) -> None:
    client = stripe.StripeClient(key, base_addresses={"api": base, "files": base, "connect": base},
                                 max_network_retries=0)
    v1 = Api(client.v1, asynchronous)
    for part in (payments, saving, events, checkout, catalog, links, disputes, records):
        await part(v1)
    print(json.dumps({"version": stripe.VERSION, "api_version": stripe.api_version, "reached": sorted(reached)}))


asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3:] == ["async"]))
