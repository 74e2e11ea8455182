"""Receipts on a running stack: who gets one and when, what its page says, and who can open it."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from tests.browser.shop import Shop
from tests.conformance import clients
from tests.integration.test_portal import SAME, sign_in
from tests.operators import Operator
from tests.stack import Stack

Row = dict[str, Any]
NUMBER = re.compile(r"\d{4}-\d{4}")


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


async def paid(shop: Shop, to: str = "", **more: str) -> Row:
    """The charge of a payment whose receipt goes `to` an address."""
    answer = await shop.api("POST", "/v1/payment_intents", {
        "amount": "4300", "currency": "usd", "payment_method": "pm_card_visa", "confirm": "true",
        "return_url": "https://shop.example", **({"receipt_email": to} if to else {}), **more})
    assert answer.status_code == 200, answer.text
    return await charge(shop, answer.json()["latest_charge"])


async def charge(shop: Shop, id: str) -> Row:
    found: Row = (await shop.api("GET", f"/v1/charges/{id}")).json()
    return found


async def mails(shop: Shop, to: str, number: int = 1) -> list[Row]:
    """The mails that came for an address, the oldest first: so many, and no more a moment later."""
    for _ in range(150):
        if len(await _came(shop, to)) >= number:
            break
        await asyncio.sleep(0.2)
    else:
        raise AssertionError(f"no {number} mails for {to}: {await _came(shop, to)}")
    await asyncio.sleep(1.5)
    found = await _came(shop, to)
    assert len(found) == number, found
    return found


async def _came(shop: Shop, to: str) -> list[Row]:
    answer = await shop.client.get(f"http://127.0.0.1:{shop.stack.sandbox_port}/mail?format=json")
    return [one for one in reversed(answer.json()) if one["to"] == to]


async def opened(shop: Shop, charge: Row, more: str = "") -> httpx2.Response:
    return await shop.page(charge["receipt_url"].removeprefix(shop.pay_base) + more)


# ---------------------------------------------------------------- who gets one


async def test_a_payment_with_an_address_sends_one_receipt_and_gets_a_number(shop: Shop) -> None:
    made = await paid(shop, "one@example.com", description="Blue mug")
    assert (made["receipt_email"], made["receipt_number"]) == ("one@example.com", None)
    [mail] = await mails(shop, "one@example.com")
    number = (await charge(shop, made["id"]))["receipt_number"]
    assert NUMBER.fullmatch(number)
    assert mail["subject"].startswith("[Test] Your receipt from ")
    assert mail["subject"].endswith(f"[#{number}]")
    for said in ("$43.00", "Blue mug", "Visa ending in 4242", number, made["receipt_url"], "Test mode"):
        assert said in mail["text"]
    assert not re.search(r"\d{12,}", mail["text"].replace(made["receipt_url"], ""))


async def test_without_an_address_nobody_is_written_to(shop: Shop) -> None:
    made = await paid(shop)
    assert clients.count(shop.stack, "SELECT count(*) FROM pay.mail WHERE object_id = %s", made["id"]) == 0
    assert made["receipt_url"]


async def test_what_is_only_held_has_no_receipt_until_it_is_captured(shop: Shop) -> None:
    held = await paid(shop, "held@example.com", capture_method="manual")
    assert held["receipt_url"] is None
    capture = f"/v1/payment_intents/{held['payment_intent']}/capture"
    done = await shop.api("POST", capture, {"amount_to_capture": "1250"})
    assert done.status_code == 200
    [mail] = await mails(shop, "held@example.com")
    assert "$12.50" in mail["text"]
    assert "$43.00" not in mail["text"]
    assert "$43.00" not in (await opened(shop, await charge(shop, held["id"]))).text


async def test_a_declined_payment_sends_nothing(shop: Shop) -> None:
    answer = await shop.api("POST", "/v1/payment_intents", {
        "amount": "4300", "currency": "usd", "payment_method": "pm_card_visa_chargeDeclined", "confirm": "true",
        "return_url": "https://shop.example", "receipt_email": "declined@example.com"})
    assert answer.status_code == 402
    failed = (await shop.api("GET", f"/v1/charges/{answer.json()['error']['charge']}")).json()
    assert failed["receipt_url"] is None
    assert clients.count(shop.stack, "SELECT count(*) FROM pay.mail WHERE address = 'declined@example.com'") == 0


async def test_a_request_that_comes_again_sends_no_second_mail(shop: Shop) -> None:
    form = {"amount": "4300", "currency": "usd", "payment_method": "pm_card_visa", "confirm": "true",
            "return_url": "https://shop.example", "receipt_email": "again@example.com"}
    for _ in range(3):
        answer = await shop.client.post(f"{shop.stack.api_base}/v1/payment_intents", data=form,
                                        auth=(shop.key, ""), headers={"Idempotency-Key": "receipt-again"})
        assert answer.status_code == 200
    assert len(await mails(shop, "again@example.com")) == 1


async def test_a_shopper_gets_one_at_the_address_of_the_checkout_unless_the_merchant_says_no(shop: Shop) -> None:
    async def buys(email: str) -> Row:
        session = await shop.session(amount=2000)
        answer = await shop.pay(session["id"], await shop.token(session["id"]), email=email)
        assert answer.json()["status"] == "complete", answer.text
        [made] = await shop.charges(session["id"])
        return made

    made = await buys("buyer@example.com")
    [mail] = await mails(shop, "buyer@example.com")
    assert "Field notebook" in mail["text"]
    assert (await opened(shop, made)).text.count("Field notebook") == 1
    operator, ours = Operator(shop.stack.environment()), str(shop.stack.values["account"])
    try:
        told = await asyncio.to_thread(operator.answers, "environment", "receipts", ours, "test", "off")
        assert told == {"receipts": "off"}
        quiet = await buys("quiet@example.com")
        assert quiet["receipt_email"] is None
        assert clients.count(shop.stack, "SELECT count(*) FROM pay.mail WHERE address = 'quiet@example.com'") == 0
    finally:
        await asyncio.to_thread(operator.answers, "environment", "receipts", ours, "test", "on")


async def test_a_refund_sends_a_receipt_of_its_own(shop: Shop) -> None:
    made = await paid(shop, "back@example.com")
    refund = (await shop.api("POST", "/v1/refunds", {"charge": made["id"], "amount": "300"})).json()
    assert refund["status"] == "succeeded"
    came = await mails(shop, "back@example.com", 2)  # side by side, in any order
    first, second = sorted(came, key=lambda one: "refund" in one["subject"])
    assert "Your receipt" in first["subject"]
    assert "Your refund" in second["subject"]
    assert "$3.00" in second["text"]
    number = (await shop.api("GET", f"/v1/refunds/{refund['id']}")).json()["receipt_number"]
    assert NUMBER.fullmatch(number)
    assert number in second["text"]
    assert number != (await charge(shop, made["id"]))["receipt_number"]


async def test_another_address_on_the_charge_gets_a_receipt_and_the_same_one_does_not(shop: Shop) -> None:
    made = await paid(shop, "old@example.com")
    await mails(shop, "old@example.com")
    for to in ("new@example.com", "new@example.com", ""):
        answer = await shop.api("POST", f"/v1/charges/{made['id']}", {"receipt_email": to, "description": "Mug"})
        assert answer.status_code == 200, answer.text
    [mail] = await mails(shop, "new@example.com")
    assert (await charge(shop, made["id"]))["receipt_number"] in mail["subject"]
    assert len(await mails(shop, "old@example.com")) == 1


async def test_an_address_that_bounces_is_shown_and_one_that_is_busy_is_tried_again(
        shop: Shop, merchant: httpx2.AsyncClient) -> None:
    made = await paid(shop, "bounce@example.com")
    for _ in range(100):
        page = (await merchant.get(f"/test/payments/{made['payment_intent']}")).text
        if "Not delivered" in page:
            break
        await asyncio.sleep(0.2)
    assert "550 5.1.1 no such mailbox" in page
    later = await paid(shop, "later+receipts@example.com")
    for _ in range(100):
        with clients.superuser(shop.stack) as link:
            link.execute("UPDATE pay.mail SET next_at = now() WHERE object_id = %s AND status = 'waiting'",
                         (later["id"],))
        if await _came(shop, "later+receipts@example.com"):
            break
        await asyncio.sleep(0.2)
    await mails(shop, "later+receipts@example.com")
    assert clients.count(shop.stack, "SELECT attempts FROM pay.mail WHERE object_id = %s", later["id"]) == 3


async def test_the_portal_sends_one_for_a_double_click_and_shows_it(shop: Shop, merchant: httpx2.AsyncClient) -> None:
    made = await paid(shop, description="Mug")
    here = f"/test/payments/{made['payment_intent']}"
    assert "None was sent yet" in (await merchant.get(here)).text
    form = {"key": "clicked-twice", "email": "asked@example.com"}
    answers = await asyncio.gather(*(merchant.post(f"{here}/receipt", data=form, headers=SAME) for _ in range(3)))
    assert {answer.headers["location"] for answer in answers} == {f"{here}?done=receipt"}
    await mails(shop, "asked@example.com")
    page = (await merchant.get(f"{here}?done=receipt")).text
    assert "A receipt is on its way." in page
    assert re.search(r"asked@example\.com</td><td class=\"edge\"><span class=\"badge good\">Sent", page)
    refused = await merchant.post(f"{here}/receipt", data={"key": "x", "email": "nobody"}, headers=SAME)
    assert refused.status_code == 422
    assert "Invalid email address" in refused.text
    elsewhere = await merchant.post(f"{here}/receipt", data=form, headers={"Sec-Fetch-Site": "cross-site"})
    assert elsewhere.status_code == 403


# ---------------------------------------------------------------- its page


async def test_the_page_says_how_the_payment_stands(shop: Shop) -> None:
    made = await paid(shop, description="Blue mug")
    page = await opened(shop, made)
    assert page.status_code == 200
    assert "<script" not in page.text
    expected: tuple[str, ...] = (">Paid</span>", "Blue mug", "$43.00", "Visa ending in 4242")
    assert [said for said in expected if said not in page.text] == []
    assert "noindex" in page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    await shop.api("POST", "/v1/refunds", {"charge": made["id"], "amount": "300"})
    partly = (await opened(shop, made)).text
    expected = (">Partially refunded</span>", "−$3.00", "$40.00", "$3.00 of $43.00")
    assert [said for said in expected if said not in partly] == []
    await shop.api("POST", "/v1/refunds", {"charge": made["id"]})
    whole = (await opened(shop, made)).text
    assert [said for said in (">Refunded</span>", "−$40.00", "All of it went back") if said not in whole] == []
    assert "Paid in the end" not in whole


async def test_a_disputed_payment_says_so(shop: Shop) -> None:
    made = await paid(shop, payment_method="pm_card_createDispute")
    for _ in range(100):
        page = (await opened(shop, made)).text
        if ">Disputed</span>" in page:
            return
        await asyncio.sleep(0.2)
    raise AssertionError(page)


async def test_nobody_opens_a_receipt_with_less_than_its_address(shop: Shop) -> None:
    made, other = await paid(shop), await paid(shop)
    path = made["receipt_url"].removeprefix(shop.pay_base)
    seal = path.rpartition("-")[2]
    wrong = [path[:-1] + ("a" if path[-1] != "a" else "b"), f"/receipts/{made['id']}",
             f"/receipts/{made['id'].removeprefix('ch_')}", path.upper(),
             f"/receipts/{other['id'].removeprefix('ch_')}-{seal}", "/receipts/x-" + "a" * 32, path + "0"]
    for one in wrong:
        for more in ("", "/pdf", "/brand.css", "/brand/icon"):
            assert (await shop.page(one + more)).status_code == 404, one + more
    assert (await shop.page(path)).status_code == 200
    assert (await shop.page(path + "/brand/icon")).status_code == 404


async def test_every_event_and_answer_has_the_same_address(shop: Shop) -> None:
    made = await paid(shop)
    found = (await shop.api("GET", "/v1/events?type=charge.succeeded&limit=100")).json()["data"]
    [told] = [one["data"]["object"] for one in found if one["data"]["object"]["id"] == made["id"]]
    listed = (await shop.api("GET", f"/v1/charges?payment_intent={made['payment_intent']}")).json()["data"][0]
    assert {told["receipt_url"], listed["receipt_url"], made["receipt_url"]} == {made["receipt_url"]}
    assert made["receipt_url"].startswith(f"{shop.pay_base}/receipts/")


async def test_a_receipt_is_saved_as_a_pdf(shop: Shop) -> None:
    made = await paid(shop, description="Γαλάζια κούπα, Синяя кружка, żółty kubek")
    answer = await opened(shop, made, "/pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert 5_000 < len(answer.content) < 200_000
    assert answer.headers["content-disposition"].startswith("attachment")
