"""What the portal says over HTTP of money and orders: states, filters, the whole order, health of endpoints, keys."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx2
import psycopg
import pytest

from backend.accounts import environments, kept_keys
from backend.config import Settings
from backend.context import Runtime
from backend.db import Database
from backend.jobs import Doorbell
from portal import payments
from tests.browser.shop import Shop
from tests.integration.test_portal import SAME, sign_in
from tests.receivers import Receiver
from tests.stack import Stack

RETURN = {"return_url": "https://shop.example"}


@pytest.fixture(scope="module")
async def shop(stack: Stack) -> AsyncIterator[Shop]:
    one = Shop(stack)
    yield one
    await one.close()


@pytest.fixture
async def merchant(stack: Stack, no_tries: None) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=f"http://localhost:{stack.port}", trust_env=False, timeout=20) as client:
        answer = await sign_in(client, stack.values["portal_email"], stack.values["portal_password"])
        assert answer.status_code == 303
        yield client


async def until(true: Callable[[], Awaitable[bool]], seconds: float = 30.0) -> None:
    """Wait until it is true; the workers need a moment."""
    for _ in range(int(seconds / 0.2)):
        if await true():
            return
        await asyncio.sleep(0.2)
    raise AssertionError("it did not come true")


async def paid(shop: Shop, **more: str) -> dict[str, Any]:
    made = await shop.api("POST", "/v1/payment_intents", {
        "amount": "4300", "currency": "usd", "payment_method": "pm_card_visa", "confirm": "true", **RETURN, **more})
    found: dict[str, Any] = made.json().get("error", {}).get("payment_intent") or made.json()
    return found


async def in_state(shop: Shop, money: str) -> str:
    """A payment whose money is in this state."""
    if money == "failed":
        return str((await paid(shop, payment_method="pm_card_visa_chargeDeclined"))["id"])
    if money == "disputed":
        id = (await paid(shop, payment_method="pm_card_createDispute"))["id"]

        async def disputed() -> bool:
            return bool((await shop.api("GET", f"/v1/disputes?payment_intent={id}")).json()["data"])

        await until(disputed)
        return str(id)
    if money == "partially_captured":
        held = (await paid(shop, capture_method="manual"))["id"]
        await shop.api("POST", f"/v1/payment_intents/{held}/capture", {"amount_to_capture": "1250"})
        return str(held)
    id = (await paid(shop))["id"]
    part = {"partially_refunded": {"amount": "300"}, "refunded": {}}[money]
    answer = await shop.api("POST", "/v1/refunds", {"payment_intent": id, **part})
    assert answer.status_code == 200, answer.text
    return str(id)


@pytest.mark.parametrize(("money", "words"), [
    ("disputed", "Disputed"), ("refunded", "Refunded"), ("partially_refunded", "Partly refunded"),
    ("partially_captured", "Partly captured"), ("failed", "Failed")])
async def test_a_payment_reads_as_its_money_stands(merchant: httpx2.AsyncClient, shop: Shop, money: str,
                                                   words: str) -> None:
    id = await in_state(shop, money)
    page = (await merchant.get(f"/test/payments/{id}")).text
    [under] = re.findall(r'<p class="under">(.*?)</p>', page)
    assert f">{words}</span>" in under
    filtered = (await merchant.get(f"/test/payments?status={money}")).text
    assert id in filtered
    assert set(re.findall(r"<span class=\"badge \w*\">([^<]+)</span></td>", filtered)) == {words}
    assert id not in (await merchant.get("/test/payments?status=succeeded")).text


async def test_a_part_that_was_captured_is_shown_as_what_was_paid(merchant: httpx2.AsyncClient, shop: Shop) -> None:
    id = await in_state(shop, "partially_captured")
    listed = (await merchant.get("/test/payments?status=partially_captured")).text
    [row] = [one for one in re.findall(r"<tr>.*?</tr>", listed, re.DOTALL) if id in one]
    assert re.search(r"/test/payments/\w+\">\$12\.50 ", row)
    assert ">of $43.00</span>" in row
    page = (await merchant.get(f"/test/payments/{id}")).text
    assert "<title>$12.50 " in page
    assert "of $43.00 authorised" in page
    whole = (await merchant.get("/test/payments?status=succeeded")).text
    assert "of $" not in whole


async def test_a_refused_debit_is_explained_as_a_debit(merchant: httpx2.AsyncClient, shop: Shop) -> None:
    word = "mandate_data[customer_acceptance]"
    id = (await paid(shop, **{
        "payment_method": "pm_usBankAccount_accountClosed", "payment_method_types[]": "us_bank_account",
        f"{word}[type]": "online", f"{word}[online][ip_address]": "203.0.113.7",
        f"{word}[online][user_agent]": "Mozilla/5.0"}))["id"]

    async def refused() -> bool:
        return (await shop.api("GET", f"/v1/payment_intents/{id}")).json()["status"] == "requires_payment_method"

    await until(refused)
    page = (await merchant.get(f"/test/payments/{id}")).text
    [sent] = re.findall(r"<tr><td>Debit</td>.*?</tr>", page)
    assert ">Declined</span>" in sent
    assert ">account_closed</span>" in sent
    assert "bank account has been closed" in page
    assert "generic_decline" not in page
    assert "Bank account" in page


async def test_a_disputed_payment_tells_so_and_offers_no_refund(merchant: httpx2.AsyncClient, shop: Shop) -> None:
    id = await in_state(shop, "disputed")
    page = (await merchant.get(f"/test/payments/{id}")).text
    for part in ("disputes $43.00", "the cardholder says that it was fraud", "Answer until",
                 "The customer’s bank disputes it", "charge.dispute.created"):
        assert part in page
    assert f'action="/test/payments/{id}/refund"' not in page
    refused = await merchant.post(f"/test/payments/{id}/refund", headers=SAME)
    assert refused.status_code == 422
    assert "disputed" in refused.text


async def test_a_refund_says_how_it_stands_and_why(merchant: httpx2.AsyncClient, shop: Shop) -> None:
    id = (await paid(shop, payment_method="pm_card_refundFail"))["id"]
    made = await shop.api("POST", "/v1/refunds", {"payment_intent": id, "amount": "300"})
    assert made.status_code == 200, made.text

    async def row() -> str:
        page = (await merchant.get(f"/test/payments/{id}")).text
        [found] = [one for one in re.findall(r"<tr>.*?</tr>", page) if f">{made.json()['id']}</code>" in one]
        return str(found)

    async def failed() -> bool:
        return ">Failed</span>" in await row()

    await until(failed, 120)
    assert "the card is expired or canceled" in await row()


async def test_all_of_an_order_is_on_its_payment(merchant: httpx2.AsyncClient, shop: Shop) -> None:
    field = "custom_fields[0]"
    session = await shop.session(customer_creation="always", client_reference_id="order-77", **{
        "line_items[0][quantity]": "2", "phone_number_collection[enabled]": "true", f"{field}[key]": "engraving",
        f"{field}[type]": "text", f"{field}[label][type]": "custom", f"{field}[label][custom]": "Engraving",
        "shipping_address_collection[allowed_countries][0]": "US", "consent_collection[promotions]": "auto"})
    answer = await shop.pay(session["id"], await shop.token(session["id"]), phone="(201) 555-0123",
                            shipping_name="Mary Shelley", shipping_line1="1 Mill Lane", shipping_city="Austin",
                            shipping_state="Texas", shipping_postal_code="73301", shipping_country="US",
                            custom_engraving="For <Percy>")
    assert answer.json()["status"] == "complete", answer.text
    found = await shop.look(session["id"])
    page = (await merchant.get(f"/test/payments/{found['payment_intent']}")).text
    for part in ("Field notebook", "$40.00", session["id"], "order-77", "+12015550123", "Mary Shelley", "1 Mill Lane",
                 "73301 Austin TX", "Engraving", "For &lt;Percy&gt;", "ada@example.com", found["customer"],
                 "Not wanted", "Checkout completed"):
        assert part in page, part


class Counting(Database):
    """The real database, counting round trips."""

    trips = 0

    async def rows(self, *args: Any, **kwargs: Any) -> Any:
        self.trips += 1
        return await super().rows(*args, **kwargs)


async def test_a_list_of_payments_costs_as_many_trips_as_one_payment(shop: Shop, stack: Stack) -> None:
    for _ in range(5):
        await paid(shop)
    db = Counting(stack.urls.app, pool_size=2)
    await db.open()
    try:
        env = int((await db.rows(0, "SELECT env FROM core.api_key_open(sha256(%s::bytea))",
                                 (stack.secret_key.encode(),)))[0]["env"])
        runtime = Runtime(Settings(), db, None, Doorbell(""), b"-" * 32)  # type: ignore[arg-type]
        ctx = await environments.context(runtime, env, actor="test")
        db.trips = 0
        shown = (await payments.index(ctx, {}))["rows"]
        assert len([one for one in shown if one["card"]]) >= 5
        assert db.trips == 2  # the payments, and their cards
    finally:
        await db.close()


async def test_an_endpoint_that_fails_says_so_and_sends_again(merchant: httpx2.AsyncClient, shop: Shop) -> None:
    body = b'{"error":{"message":"no such order","hint":[1,2]}}'
    answer = b"HTTP/1.1 500 Oh\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    async with Receiver(answer=answer) as receiver:
        made = (await shop.api("POST", "/v1/webhook_endpoints", {
            "url": f"http://127.0.0.1:{receiver.port}/hook", "enabled_events[]": "customer.created"})).json()
        here = f"/test/developers/webhooks/{made['id']}"
        assert "Nothing sent yet" in (await merchant.get(here)).text
        await shop.api("POST", "/v1/customers", {"name": "Ada"})

        async def failed() -> bool:
            return "1 of the last 1 deliveries failed" in (await merchant.get(here)).text

        await until(failed)
        listed = (await merchant.get("/test/developers")).text
        assert "1 of 1 failed" in listed
        page = (await merchant.get(here)).text
        for part in ("Failing", "HTTP 500", "Attempt 1", '&#34;hint&#34;: [\n'):
            assert part in page, part
        [delivery] = set(re.findall(r'name="delivery" value="([^"]+)"', page))
        receiver.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        sent = await merchant.post(f"{here}/resend", data={"delivery": delivery}, headers=SAME)
        assert sent.status_code == 303

        async def healthy() -> bool:
            return "by hand" in (await merchant.get(here)).text

        await until(healthy)
        assert "of the last" not in (await merchant.get(here)).text
        other = await merchant.get(f"{here}?delivery=00000000-0000-0000-0000-000000000000")
        assert other.status_code == 404
        await shop.api("DELETE", f"/v1/webhook_endpoints/{made['id']}")


async def test_a_test_key_is_shown_again_and_the_trail_knows(merchant: httpx2.AsyncClient, stack: Stack) -> None:
    listed = (await merchant.get("/test/developers")).text
    [id] = set(re.findall(r'href="/test/developers/keys/(mk_\w+)">Demo secret key', listed))
    assert stack.secret_key not in (await merchant.get(f"/test/developers/keys/{id}")).text
    shown = await merchant.post(f"/test/developers/keys/{id}/reveal", headers=SAME)
    assert stack.secret_key in shown.text
    with psycopg.connect(stack.urls.owner) as link:
        link.execute("SELECT set_config('app.env', '1', false)")
        rows = link.execute("SELECT body FROM pay.audit WHERE tbl = 'core_api_key' AND row_id = %s "
                            "AND body ? 'shown_at'", (id,)).fetchall()
        sealed = link.execute("SELECT sealed FROM core.api_key WHERE id = %s", (id,)).fetchone()
    assert rows
    assert sealed
    assert stack.secret_key[8:] not in str(sealed)


async def test_a_live_key_can_not_be_kept_whoever_tries(stack: Stack) -> None:
    with psycopg.connect(stack.urls.owner) as link, pytest.raises(psycopg.errors.CheckViolation):
        link.execute("INSERT INTO core.api_key (id, env, kind, name, hash, prefix, last4, permissions, allowed_ips, "
                     "sealed) SELECT 'mk_live_kept', env, kind, name, '\\x00', 'sk_live_', last4, permissions, "
                     "allowed_ips, 'x' FROM core.api_key LIMIT 1")
    asked: list[object] = []
    await kept_keys.keep(asked, None, 1, "sk_live_" + "a" * 43)  # type: ignore[arg-type]
    assert asked == []


async def test_guides_hold_the_real_address_and_the_viewers_own_key(merchant: httpx2.AsyncClient, stack: Stack) -> None:
    page = (await merchant.get("/docs/accept-a-payment")).text
    assert stack.secret_key in page
    assert "8420" not in page
    assert f"http://localhost:{stack.port}/v1/checkout/sessions" in page
    assert f"port: {stack.port}, protocol" in page
    async with httpx2.AsyncClient(base_url=f"http://localhost:{stack.port}", trust_env=False) as stranger:
        read = (await stranger.get("/docs/accept-a-payment")).text
    assert stack.secret_key not in read
    assert "sk_test_…" in read
    assert "8420" not in read


async def test_who_may_only_look_sees_no_key_of_the_account(merchant: httpx2.AsyncClient, stack: Stack) -> None:
    with psycopg.connect(stack.urls.owner) as link:
        link.execute("UPDATE core.member SET role = 'viewer' WHERE email = %s", (stack.values["portal_email"],))
    try:
        assert stack.secret_key not in (await merchant.get("/docs/accept-a-payment")).text
    finally:
        with psycopg.connect(stack.urls.owner) as link:
            link.execute("UPDATE core.member SET role = 'owner' WHERE email = %s", (stack.values["portal_email"],))


async def test_the_success_of_a_refund_is_said_in_its_own_words(merchant: httpx2.AsyncClient, shop: Shop) -> None:
    id = (await paid(shop))["id"]
    path = f"/test/payments/{id}"
    asked = await merchant.post(f"{path}/refund", data={"ask": "1", "amount": "1,50"},
                                headers={**SAME, "accept-language": "de-DE,de;q=0.9"})
    assert asked.status_code == 200
    for part in ("Refund $1.50?", "1.50 US dollars", "$41.50 stay paid"):
        assert part in asked.text
    assert (await shop.api("GET", f"/v1/refunds?payment_intent={id}")).json()["data"] == []
    done = await merchant.post(f"{path}/refund", data={"amount": "1,50"}, headers=SAME)
    assert "$1.50 was refunded." in (await merchant.get(done.headers["location"])).text
    for amount, said in (("99", "At most $41.50 can be refunded."), ("1.2.3", "at most 2 decimals")):
        for ask in ({"ask": "1"}, {}):
            refused = await merchant.post(f"{path}/refund", data={"amount": amount, "reason": "duplicate", **ask},
                                          headers=SAME)
            assert refused.status_code == 422
            assert said in refused.text
            assert f'value="{amount}"' in refused.text
            assert 'aria-invalid="true" autofocus' in refused.text
            assert '<option value="duplicate" selected>' in refused.text
