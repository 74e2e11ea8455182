"""The total on the button at the moment of the click is the one that is charged, whatever the order becomes after."""

import asyncio

from playwright.async_api import Browser, Page, Route, expect

from tests.browser.checkout import BUTTON, fill, thanked, ways
from tests.browser.chromium import visiting
from tests.browser.shop import Shop


async def held(page: Page) -> asyncio.Event:
    """The card is on its way to the vault until this is set, so that the order can change meanwhile."""
    arrives = asyncio.Event()

    async def wait(route: Route) -> None:
        await arrives.wait()
        await route.continue_()

    await page.route("**/checkout/card", wait)
    return arrives


async def test_an_order_that_changes_after_the_click_is_not_charged_unseen(browser: Browser, shop: Shop) -> None:
    session = await shop.session(**ways(("Standard", 500), ("Express", 1500)))
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await fill(page)
        card_arrives = await held(page)
        await expect(page.locator(BUTTON)).to_have_text("Pay $25.00")
        await page.click(BUTTON)
        await page.check("[name=shipping_rate] >> nth=1")
        await expect(page.locator("#order")).to_have_attribute("data-total", "3500")
        card_arrives.set()
        await expect(page.locator("#problem")).to_contain_text("has changed")
        await expect(page.locator(BUTTON)).to_have_text("Pay $35.00")
        assert await shop.charges(session["id"]) == []
        await page.unroute("**/checkout/card")
        await page.click(BUTTON)
        await thanked(page)
    assert [charge["amount"] for charge in await shop.charges(session["id"])] == [3500]


async def test_a_quantity_is_chosen_and_charged(browser: Browser, shop: Shop) -> None:
    bounds = {"line_items[0][adjustable_quantity][enabled]": "true", "line_items[0][adjustable_quantity][maximum]": "3"}
    session = await shop.session(**bounds)
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await expect(page.get_by_role("button", name="One fewer")).to_be_disabled()
        await page.get_by_role("button", name="One more").click()
        await expect(page.locator(BUTTON)).to_have_text("Pay $40.00")
        await page.fill("[name=quantity]", "400")
        await page.press("[name=quantity]", "Enter")
        await expect(page.locator(BUTTON)).to_have_text("Pay $60.00")
        await expect(page.get_by_role("button", name="One more")).to_be_disabled()
        await fill(page)
        await page.click(BUTTON)
        await thanked(page)
    assert [charge["amount"] for charge in await shop.charges(session["id"])] == [6000]


async def test_a_card_is_saved_without_a_payment(browser: Browser, shop: Shop) -> None:
    answer = await shop.api("POST", "/v1/checkout/sessions", {
        "mode": "setup", "success_url": f"{shop.thanks}?session={{CHECKOUT_SESSION_ID}}"})
    session = answer.json()
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await expect(page.locator("h1")).to_contain_text("Save your card")
        await expect(page.locator(BUTTON)).to_have_text("Save card")
        await fill(page, "4000000000000002")
        await page.click(BUTTON)
        await expect(page.locator("#problem")).to_contain_text("Your card was not saved")
        await fill(page)
        await page.click(BUTTON)
        await thanked(page)
        await page.goto(session["url"])
        await expect(page.locator("h1")).to_have_text("Card saved")
    assert (await shop.look(session["id"]))["payment_status"] == "no_payment_required"
