"""Tables of the portal show all that they have at every width: nothing is cut, nothing scrolls sideways."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, expect

from tests.browser.axe import sound
from tests.browser.shop import Shop

NAME = "Hand-bound field notebook with a linen cover, dotted paper and a very long name that nobody shortened"
WIDTHS = (1280, 1024, 768, 375, 320)
_CUT = """() => [...document.querySelectorAll('.rail nav, main .scroll, main .tabs, main .head')]
    .filter(one => one.scrollWidth > one.clientWidth || [...one.querySelectorAll('td, a')].some(
        cell => cell.getBoundingClientRect().right > one.getBoundingClientRect().right + 1))
    .map(one => `${one.getAttribute('aria-label') ?? one.className}: ${one.scrollWidth} in ${one.clientWidth}`)"""


@pytest.fixture(scope="module")
async def pages(shop: Shop) -> AsyncIterator[dict[str, str]]:
    """Where payments stand with large amounts in currencies of no and of three decimals, and long names."""
    async def paid(**more: str) -> str:
        answer = (await shop.api("POST", "/v1/payment_intents", {
            "amount": "4300", "currency": "usd", "payment_method": "pm_card_visa", "confirm": "true",
            "return_url": "https://shop.example", **more})).json()
        return str((answer.get("error", {}).get("payment_intent") or answer)["id"])

    who = (await shop.api("POST", "/v1/customers", {
        "name": "Wolfeschlegelsteinhausenbergerdorff " * 3, "email": f"{'longer' * 9}@example.com"})).json()["id"]
    part = await paid(amount="99999990", currency="kwd", capture_method="manual", description=NAME, customer=who)
    await shop.api("POST", f"/v1/payment_intents/{part}/capture", {"amount_to_capture": "98765430"})
    for reason in ("requested_by_customer", "duplicate", "fraudulent"):
        await shop.api("POST", "/v1/refunds", {"payment_intent": part, "amount": "11111110", "reason": reason})
    yen = await paid(amount="99999999", currency="jpy", payment_method="pm_card_refundFail")
    await shop.api("POST", "/v1/refunds", {"payment_intent": yen})
    declined = await paid(payment_method="pm_card_visa_chargeDeclinedInsufficientFunds", description=NAME)
    session = await shop.session(99999990, "kwd", **{"line_items[0][price_data][product_data][name]": NAME})
    await shop.pay(session["id"], await shop.token(session["id"]))
    order = (await shop.look(session["id"]))["payment_intent"]
    hook = (await shop.api("POST", "/v1/webhook_endpoints", {
        "url": f"http://127.0.0.1:9/{'longer/' * 12}", "enabled_events[]": "*"})).json()["id"]
    await shop.api("POST", "/v1/customers", {"name": NAME})  # nothing listens there: it is not delivered
    yield {"list": "/test/payments", "home": "/", "logs": "/test/logs", "developers": "/test/developers",
           "hook": f"/test/developers/webhooks/{hook}",
           **{name: f"/test/payments/{id}" for name, id in
              (("part", part), ("yen", yen), ("declined", declined), ("order", order))}}
    await shop.api("DELETE", f"/v1/webhook_endpoints/{hook}")


@pytest.mark.parametrize("width", WIDTHS)
async def test_nothing_of_a_table_is_cut(page: Page, shop: Shop, pages: dict[str, str], width: int) -> None:
    await page.set_viewport_size({"width": width, "height": 800})
    for name, path in pages.items():
        await page.goto(f"http://localhost:{shop.stack.port}{path}")
        assert await page.evaluate(_CUT) == [], name
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, name


@pytest.mark.parametrize("width", [1280, 320])
async def test_a_refund_tells_its_amount_reason_and_time_at_every_width(
        page: Page, shop: Shop, pages: dict[str, str], width: int) -> None:
    await page.set_viewport_size({"width": width, "height": 800})
    await page.goto(f"http://localhost:{shop.stack.port}{pages['part']}")
    row = page.get_by_role("group", name="Refunds").get_by_role("row").filter(has_text="Paid twice")
    for words in ("KWD\u00a011,111.110", "Succeeded", "Paid twice"):
        await expect(row.get_by_role("cell").filter(has_text=words)).to_be_visible()
    await expect(row.get_by_role("cell").last).to_contain_text(":")
    await expect(row.get_by_role("cell").last).to_be_visible()
    await sound(page)


@pytest.mark.parametrize("width", [1280, 320])
async def test_the_list_tells_when_and_how_a_payment_was_paid(
        page: Page, shop: Shop, pages: dict[str, str], width: int) -> None:
    await page.set_viewport_size({"width": width, "height": 800})
    await page.goto(f"http://localhost:{shop.stack.port}/test/payments?status=partially_refunded")
    row = page.get_by_role("row").filter(has=page.locator(f'a[href="{pages["part"]}"]'))
    await expect(row.get_by_role("cell").first).to_have_text("KWD\u00a098,765.430 of KWD\u00a099,999.990")
    await expect(row.get_by_role("cell").filter(has_text="Visa •••• 4242")).to_be_visible()
    await expect(row.get_by_role("cell").last).to_be_visible()
    await expect(row.get_by_role("cell").last).to_contain_text(":")
