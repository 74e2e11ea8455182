"""The main flows through the module-level API, which every version of the official Python package has; prints versions.

    python flows.py BASE KEY

Written as integrations of ten years are: `stripe.Customer.create(…)`, booleans as Python prints them, methods of
objects, lists that page themselves. Any surprise ends it with a traceback.
"""

import json
import sys
import time
import uuid
from typing import Any

import stripe


def error_of(call: Any, kind: type[Exception]) -> Any:
    """The error that a call must raise."""
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was not raised")


def payments() -> None:
    customer = stripe.Customer.create(name="Ada", email="ada@example.com", metadata={"a": "1"},
                                      address={"line1": "1 Mews", "city": "London", "country": "GB"})
    assert stripe.Customer.modify(customer.id, metadata={"b": "2"}).metadata["b"] == "2"
    method = stripe.PaymentMethod.create(type="card", card={"token": "tok_visa"})
    method.attach(customer=customer.id)
    assert [one.id for one in stripe.PaymentMethod.list(customer=customer.id, type="card")] == [method.id]
    key = str(uuid.uuid4())
    order = {"amount": 2000, "currency": "usd", "customer": customer.id, "payment_method": method.id,
             "confirm": True, "off_session": True, "idempotency_key": key, "expand": ["latest_charge"]}
    paid = stripe.PaymentIntent.create(**order)
    assert (paid.status, paid.latest_charge.paid, paid.livemode) == ("succeeded", True, False)
    assert stripe.PaymentIntent.create(**order).id == paid.id
    refund = stripe.Refund.create(payment_intent=paid.id, amount=500)
    assert (refund.status, stripe.Refund.retrieve(refund.id).amount) == ("succeeded", 500)
    again = stripe.Charge.retrieve(paid.latest_charge.id, expand=["balance_transaction", "refunds"])
    assert (again.amount_refunded, again.refunds.data[0].id) == (500, refund.id)
    assert again.balance_transaction.amount == 2000
    for number in range(3):
        stripe.Refund.create(charge=again.id, amount=100 + number)
    assert len(list(stripe.Charge.retrieve(again.id, expand=["refunds"]).refunds.auto_paging_iter())) == 4

    held = stripe.PaymentIntent.create(amount=1500, currency="eur", payment_method="pm_card_visa", confirm=True,
                                       capture_method="manual", automatic_payment_methods={
                                           "enabled": True, "allow_redirects": "never"})
    assert held.status == "requires_capture"
    assert held.capture(amount_to_capture=1000).amount_received == 1000
    left = stripe.PaymentIntent.create(amount=900, currency="gbp", payment_method_types=["card"])
    assert stripe.PaymentIntent.modify(left.id, description="One").description == "One"
    assert left.cancel(cancellation_reason="abandoned").status == "canceled"
    asked = stripe.PaymentIntent.create(amount=900, currency="usd", confirm=True, return_url="https://example.com/",
                                        payment_method="pm_card_threeDSecure2Required")
    assert (asked.status, asked.next_action.type) == ("requires_action", "redirect_to_url")
    charge = stripe.Charge.create(amount=700, currency="usd", source="tok_visa", capture=False)
    assert (charge.captured, charge.capture().captured) == (False, True)


def errors() -> None:
    declined = error_of(lambda: stripe.PaymentIntent.create(
        amount=900, currency="usd", confirm=True, payment_method="pm_card_visa_chargeDeclinedInsufficientFunds"),
        stripe.error.CardError if hasattr(stripe, "error") else stripe.CardError)
    assert (declined.code, declined.http_status) == ("card_declined", 402)
    assert declined.error.decline_code == "insufficient_funds"
    kind = stripe.error.InvalidRequestError if hasattr(stripe, "error") else stripe.InvalidRequestError
    assert error_of(lambda: stripe.PaymentIntent.create(amount=-1, currency="usd"), kind).param == "amount"
    missing = error_of(lambda: stripe.Customer.retrieve("cus_missing"), kind)
    assert (missing.code, missing.http_status) == ("resource_missing", 404)


def saving() -> None:
    customer = stripe.Customer.create(payment_method="pm_card_visa")
    kept = stripe.PaymentMethod.list(customer=customer.id, type="card").data[0]
    main = stripe.Customer.modify(customer.id, invoice_settings={"default_payment_method": kept.id})
    assert main.invoice_settings.default_payment_method == kept.id
    setup = stripe.SetupIntent.create(customer=customer.id, payment_method="pm_card_mastercard", confirm=True,
                                      usage="off_session", automatic_payment_methods={
                                          "enabled": True, "allow_redirects": "never"})
    assert setup.status == "succeeded"
    away = stripe.PaymentIntent.create(amount=900, currency="usd", confirm=True, off_session=True,
                                       customer=customer.id, payment_method=setup.payment_method)
    assert away.status == "succeeded"
    assert stripe.PaymentMethod.detach(setup.payment_method).customer is None
    assert stripe.Customer.delete(customer.id).deleted


def shop() -> None:
    product = stripe.Product.create(name="Mug", active=True, shippable=False)
    price = stripe.Price.create(product=product.id, currency="usd", unit_amount=500)
    coupon = stripe.Coupon.create(percent_off=25, duration="once")
    code = stripe.PromotionCode.create(**(
        {"coupon": coupon.id} if stripe.api_version < "2025-09-30" else
        {"promotion": {"type": "coupon", "coupon": coupon.id}}), active=True)
    session = stripe.checkout.Session.create(
        mode="payment", success_url="https://example.com/?s={CHECKOUT_SESSION_ID}", cancel_url="https://example.com/",
        line_items=[{"price": price.id, "quantity": 2}], discounts=[{"promotion_code": code.id}])
    assert (session.amount_total, session.status) == (750, "open")
    assert stripe.checkout.Session.list_line_items(session.id).data[0].quantity == 2
    assert stripe.checkout.Session.expire(session.id).status == "expired"
    link = stripe.PaymentLink.create(line_items=[{"price": price.id, "quantity": 1}], allow_promotion_codes=True)
    assert stripe.PaymentLink.modify(link.id, active=False).active is False
    assert stripe.Product.modify(product.id, active=False).active is False


def webhooks() -> None:
    made = stripe.WebhookEndpoint.create(url="https://example.com/h", enabled_events=["*"])
    payload = json.dumps({"id": "evt_1", "object": "event", "type": "refund.created", "data": {"object": {}}})
    stamp = int(time.time())
    signature = stripe.WebhookSignature._compute_signature(f"{stamp}.{payload}", made.secret)
    event = stripe.Webhook.construct_event(payload, f"t={stamp},v1={signature}", made.secret)
    assert event["type"] == "refund.created"
    assert stripe.WebhookEndpoint.modify(made.id, disabled=True).status == "disabled"
    assert stripe.WebhookEndpoint.delete(made.id).deleted
    newest = stripe.Event.list(limit=1).data[0]
    assert stripe.Event.retrieve(newest.id).type == newest.type
    assert stripe.Balance.retrieve().livemode is False
    assert stripe.BalanceTransaction.list(limit=1).data[0].currency


def main(base: str, key: str) -> None:
    stripe.api_base = stripe.upload_api_base = base
    stripe.api_key, stripe.max_network_retries = key, 0
    for part in (payments, errors, saving, shop, webhooks):
        part()
    print(json.dumps({"version": version(), "api_version": stripe.api_version}))




def version() -> str:
    from stripe import _version

    return str(getattr(_version, "VERSION", "") or stripe.version.VERSION)


main(sys.argv[1], sys.argv[2])
