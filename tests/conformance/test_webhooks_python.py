"""Webhooks of the running stack, received over HTTP and checked with the official libraries."""

import asyncio
import json
import time
from collections import defaultdict

import pytest
import standardwebhooks
import stripe

from tests.conformance import clients
from tests.receivers import Received, Receiver, status


@pytest.fixture(scope="module")
def api(stack):
    return clients.client(stack).v1


async def run(function, *arguments):
    return await asyncio.to_thread(function, *arguments)


async def until(true, seconds: float = 20.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "no such delivery came"
        await asyncio.sleep(0.05)


def event(one: Received) -> dict:
    return json.loads(one.body)


def about(receiver: Receiver, *ids: str) -> list[Received]:
    """What was received of these objects; other tests of the session pay too."""
    return [one for one in receiver.received if event(one)["data"]["object"]["id"] in ids]


class Endpoint:
    """An endpoint registered through the API for a receiver on loopback."""

    def __init__(self, api, receiver: Receiver, *types: str) -> None:
        self._api, self._params = api, {"url": receiver.url, "enabled_events": list(types) or ["*"]}

    async def __aenter__(self):
        self.made = await run(self._api.webhook_endpoints.create, self._params | {"description": "tests"})
        return self.made.secret

    async def __aexit__(self, *_):
        await run(self._api.webhook_endpoints.delete, self.made.id)


def pay(api, **params):
    return api.payment_intents.create({"amount": 2500, "currency": "usd", "payment_method": "pm_card_visa",
                                       "confirm": True, "metadata": {"note": "Zoë ☂"}, **params})


async def test_each_delivery_is_signed_for_both_libraries_and_equals_the_event(api):
    async with Receiver() as receiver, Endpoint(api, receiver) as secret:
        paid = await run(pay, api)
        await until(lambda: len(about(receiver, paid.id, paid.latest_charge)) == 3)
        for one in about(receiver, paid.id, paid.latest_charge):
            assert (one.method, one.headers["content-type"]) == ("POST", "application/json; charset=utf-8")
            told = stripe.Webhook.construct_event(one.body, one.headers["stripe-signature"], secret)
            read = await run(api.events.retrieve, told.id)
            body, seen = told.to_dict(), read.to_dict()
            body.pop("pending_webhooks"), seen.pop("pending_webhooks")
            assert body == seen
            assert standardwebhooks.Webhook(secret).verify(one.body, one.headers) == event(one)
            assert one.headers["webhook-id"] == told.id


async def test_a_wrong_secret_an_old_signature_and_a_changed_body_are_refused(api):
    async with Receiver() as receiver, Endpoint(api, receiver, "payment_intent.created") as secret:
        made = await run(lambda: api.payment_intents.create({"amount": 100, "currency": "usd"}))
        await until(lambda: about(receiver, made.id))
        one = about(receiver, made.id)[0]
        header, body = one.headers["stripe-signature"], one.body
        for bad in ((body, header, secret[:-1] + ("A" if secret[-1] != "A" else "B")),
                    (body.replace(b"100", b"900"), header, secret), (body, header.replace("v1=", "v0="), secret),
                    (json.dumps(event(one), indent=1).encode(), header, secret)):
            with pytest.raises(stripe.SignatureVerificationError):
                stripe.Webhook.construct_event(*bad)
        moved = header.replace("t=", "t=1", 1)
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(body, moved, secret)
        with pytest.raises(standardwebhooks.WebhookVerificationError):
            standardwebhooks.Webhook(secret).verify(body + b" ", one.headers)


STORIES = {
    "sale": ({}, None, ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]),
    "held and captured": (
        {"capture_method": "manual"}, "capture",
        ["payment_intent.created", "charge.succeeded", "payment_intent.amount_capturable_updated", "charge.captured",
         "payment_intent.succeeded"]),
    "held and voided": (
        {"capture_method": "manual"}, "cancel",
        ["payment_intent.created", "charge.succeeded", "payment_intent.amount_capturable_updated",
         "payment_intent.canceled", "charge.refunded"]),
    "declined": ({"payment_method": "pm_card_visa_chargeDeclined"}, None,
                 ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"]),
    "challenged": ({"payment_method": "pm_card_threeDSecure2Required"}, "cancel",
                   ["payment_intent.created", "payment_intent.requires_action", "payment_intent.canceled"]),
}


@pytest.mark.parametrize("story", STORIES)
async def test_every_story_tells_its_types_in_order(stack, api, story):
    params, then, types = STORIES[story]

    def live() -> list[str]:
        try:
            intent = pay(api, **params)
        except stripe.CardError as error:
            intent = error.error.payment_intent
        if then:
            getattr(api.payment_intents, then)(intent.id)
        return [intent.id, api.payment_intents.retrieve(intent.id).latest_charge or "-"]

    async with Receiver() as receiver, Endpoint(api, receiver):
        ids = await run(live)
        await until(lambda: len(about(receiver, *ids)) >= len(types))
        got = [event(one) for one in about(receiver, *ids)]
        assert sorted(one["type"] for one in got) == sorted(types)
        for object_id in ids:  # arrival is not ordered, the sequence per object is
            seen = [event(one)["id"] for one in about(receiver, object_id)]
            with clients.superuser(stack) as link:
                rows = link.execute("SELECT object_seq, type FROM pay.event WHERE id = ANY(%s) ORDER BY object_seq",
                                    (seen,)).fetchall()
            kind = "payment_intent." if object_id.startswith("pi_") else "charge."
            assert [type for _, type in rows] == [type for type in types if type.startswith(kind)] or not seen
            assert [seq for seq, _ in rows] == list(range(1, len(rows) + 1))


async def test_customers_methods_and_checkout_tell_their_events(api):
    async with Receiver() as receiver, Endpoint(api, receiver):
        def live() -> list[str]:
            customer = api.customers.create({"name": "Jenny", "metadata": {"a": "1", "b": "2"}})
            api.customers.update(customer.id, {"name": "Jen", "metadata": {"a": "9", "z": "1"}})
            method = api.payment_methods.attach("pm_card_visa", {"customer": customer.id})
            api.payment_methods.detach(method.id)
            api.customers.delete(customer.id)
            price = {"currency": "usd", "unit_amount": 500, "product_data": {"name": "Mug"}}
            session = api.checkout.sessions.create({"mode": "payment", "success_url": "https://example.com/",
                                                    "line_items": [{"price_data": price, "quantity": 1}]})
            api.checkout.sessions.expire(session.id)
            return [customer.id, method.id, session.id]

        ids = await run(live)
        await until(lambda: len(about(receiver, *ids)) == 6)
        told = {event(one)["type"]: event(one) for one in about(receiver, *ids)}
        assert set(told) == {"customer.created", "customer.updated", "customer.deleted", "payment_method.attached",
                             "payment_method.detached", "checkout.session.expired"}
        assert told["customer.updated"]["data"]["previous_attributes"] == {
            "name": "Jenny", "metadata": {"a": "1", "z": None}}
        assert told["payment_method.detached"]["data"]["previous_attributes"] == {"customer": ids[0]}


async def test_only_the_wanted_types_come(api):
    async with Receiver() as receiver, Endpoint(api, receiver, "charge.succeeded"):
        paid = await run(pay, api)
        await until(lambda: about(receiver, paid.latest_charge))
        await asyncio.sleep(0.5)
        assert {event(one)["type"] for one in receiver.received} == {"charge.succeeded"}


async def test_a_failed_delivery_is_repeated_with_the_same_bytes_and_a_new_signature(api):
    answers: dict[bytes, int] = defaultdict(int)

    async def once_broken(request: Received, writer: asyncio.StreamWriter) -> None:
        answers[request.body] += 1
        writer.write(status(500 if answers[request.body] == 1 else 200))

    async with Receiver(script=once_broken) as receiver, Endpoint(api, receiver, "payment_intent.succeeded") as secret:
        paid = await run(pay, api)
        await until(lambda: len(about(receiver, paid.id)) == 2, 30)
        first, again = about(receiver, paid.id)
        assert first.body == again.body
        assert first.headers["stripe-signature"] != again.headers["stripe-signature"]
        assert first.headers["webhook-id"] == again.headers["webhook-id"]
        for one in (first, again):
            stripe.Webhook.construct_event(one.body, one.headers["stripe-signature"], secret)
        await asyncio.sleep(1)
        assert len(about(receiver, paid.id)) == 2
        id = event(first)["id"]
        await until(lambda: pending(api, id) == 0)


def pending(api, id: str) -> int:
    """How many endpoints have not acknowledged the event."""
    return api.events.retrieve(id).pending_webhooks
