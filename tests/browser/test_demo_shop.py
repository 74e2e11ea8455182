"""The demo shop in a real browser: bought in each of the ways, and packed when the webhook has come."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.axe import sound_in_every_look
from tests.browser.checkout import BUTTON, fill, fits
from tests.browser.chromium import visiting
from tests.browser.fields import CHALLENGED, DECLINED, bank, type_payment
from tests.stack import Stack


@pytest.fixture
async def page(browser: Browser, stack: Stack) -> AsyncIterator[Page]:
    """A new shopper before the shelves."""
    async with visiting(browser) as one:
        await one.goto(stack.values["shop_url"])
        yield one


async def choose(page: Page, good: str, way: str = "Pay on Farthing’s page", *, keep: bool = False) -> None:
    await page.get_by_role("link", name=re.compile(good)).click()
    if keep:
        await page.get_by_label("Keep my card for next time").check()
    await page.get_by_role("button", name=way).click()


async def packed(page: Page) -> None:
    await expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    await expect(page.get_by_text("Paid, packed")).to_be_visible()


async def test_a_shopper_pays_on_farthings_page_and_sees_what_the_shop_was_told(page: Page, stack: Stack) -> None:
    await sound_in_every_look(page)
    await choose(page, "Field notebook")
    assert page.url.startswith(stack.values["checkout_url"])
    await fill(page)
    await page.click(BUTTON)
    await packed(page)
    assert page.url.startswith(f"{stack.values['shop_url']}/orders/ws_")
    await sound_in_every_look(page)
    await page.get_by_role("link", name="What the shop asked and was told").click()
    await expect(page.locator("#asked ~ details code")).to_have_text(["POST /v1/checkout/sessions"])
    completed = page.locator("#told ~ details", has_text="checkout.session.completed")
    await expect(completed.locator(".did")).to_have_text("Paid: the parcel was packed.")
    await completed.locator("summary").click()
    await expect(completed.locator("pre")).to_contain_text('"payment_status": "paid"')
    await sound_in_every_look(page)
    await page.get_by_role("link", name="Your orders").click()
    await expect(page.get_by_role("link", name=re.compile("Field notebook"))).to_be_visible()


async def test_a_shopper_without_javascript_pays_on_farthings_page(browser: Browser, stack: Stack) -> None:
    async with visiting(browser, java_script_enabled=False) as page:
        await page.goto(stack.values["shop_url"])
        await choose(page, "Iron gall ink")
        await fill(page)
        await page.click(BUTTON)
        await page.get_by_role("button", name="Pay $14.00").click()
        await page.get_by_role("link", name=re.compile("^Return to")).click()
        await packed(page)


async def test_a_shopper_pays_in_the_shops_own_page_after_a_decline_and_the_banks_question(page: Page) -> None:
    await choose(page, "Brass pen", "Pay here")
    await type_payment(page, DECLINED)
    button = page.get_by_role("button", name="Pay $48.00")
    await button.click()
    await expect(page.get_by_role("alert")).to_contain_text("declined")
    await type_payment(page, CHALLENGED)
    await button.click()
    await bank(page).locator("#test-source-authorize-3ds").click()
    await packed(page)


async def test_a_returning_shopper_pays_with_the_card_that_was_kept(page: Page) -> None:
    await choose(page, "Wax and seal", keep=True)
    await fill(page)
    await page.click(BUTTON)
    await packed(page)
    await page.get_by_role("link", name="Wren & Sons").click()
    await choose(page, "Envelopes", "Pay with Visa ending in 4242")
    await packed(page)
    await expect(page.get_by_text("$9.00")).to_be_visible()


async def test_an_order_by_the_payment_link_begins_with_its_webhook(page: Page, stack: Stack) -> None:
    await page.get_by_role("link", name=re.compile("A farthing")).click()
    await page.click("a.address")
    await fill(page)
    await page.click(BUTTON)
    await packed(page)
    assert page.url.startswith(f"{stack.values['shop_url']}/orders/ws_")


async def test_the_pages_fit_a_phone(page: Page, stack: Stack) -> None:
    for path in ("/", "/goods/coin", "/orders", "/behind"):
        await page.set_viewport_size({"width": 375, "height": 800})
        await page.goto(stack.values["shop_url"] + path)
        await fits(page, 375)
        await sound_in_every_look(page)
