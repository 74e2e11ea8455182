"""A payment link in a real browser: opened, paid, thanked for; and two browsers that want the last one."""

import asyncio
import re
from typing import Any

from playwright.async_api import Browser, Page, expect

from tests.browser.checkout import BUTTON, fill, thanked
from tests.browser.chromium import visiting
from tests.browser.fields import CHALLENGED
from tests.browser.shop import Shop
from tests.browser.test_checkout_page import bank


async def link(shop: Shop, **more: str) -> dict[str, Any]:
    price = await shop.api("POST", "/v1/prices", {"currency": "usd", "unit_amount": "1250",
                                                  "product_data[name]": "Field notebook"})
    made = await shop.api("POST", "/v1/payment_links", {
        "line_items[0][price]": price.json()["id"], "line_items[0][quantity]": "2", **more})
    found: dict[str, Any] = made.json()
    return found


async def test_a_link_is_opened_paid_and_thanked_for(browser: Browser, shop: Shop) -> None:
    words = "See you at the fair!"
    made = await link(shop, **{"after_completion[type]": "hosted_confirmation",
                               "after_completion[hosted_confirmation][custom_message]": words})
    async with visiting(browser) as page:
        await page.goto(made["url"] + "?prefilled_email=ada%40example.com")
        await expect(page.locator(BUTTON)).to_have_text("Pay $25.00")
        await expect(page.locator("input[name=email]")).to_have_value("ada@example.com")
        await fill(page)
        await page.click(BUTTON)
        await expect(page.locator("#title")).to_have_text("Payment complete")
        await expect(page.locator("#lead")).to_have_text(words)
        assert "/c/cs_test_" in page.url
        session = await shop.look(page.url.rpartition("/")[2])
    assert (session["payment_link"], session["payment_status"]) == (made["id"], "paid")
    assert len(await shop.charges(session["id"])) == 1


async def test_two_browsers_want_the_last_one(browser: Browser, shop: Shop) -> None:
    made = await link(shop, **{"restrictions[completed_sessions][limit]": "1"})

    async def outcome(page: Page) -> str:
        done, refused = page.locator("#title"), page.locator("#problem .notice")
        await expect(done.or_(refused)).to_be_visible()
        return await done.or_(refused).inner_text()

    async with visiting(browser) as first, visiting(browser) as second:
        for page in (first, second):
            await page.goto(made["url"])
            await fill(page)
        ids = [page.url.rpartition("/")[2] for page in (first, second)]
        await asyncio.gather(first.click(BUTTON), second.click(BUTTON))
        told = sorted(await asyncio.gather(outcome(first), outcome(second)))
    assert told[0] == "Payment complete"
    assert re.search("Somebody else is paying for the last one|was sold while this page was open", told[1])
    assert sorted([len(await shop.charges(id)) for id in ids]) == [0, 1]
    async with visiting(browser) as late:
        await late.goto(made["url"])
        await expect(late.locator("#title")).to_have_text("This link is no longer active")


async def test_a_discount_and_the_totals_are_shown(browser: Browser, shop: Shop) -> None:
    coupon = (await shop.api("POST", "/v1/coupons", {"percent_off": "20", "duration": "once", "name": "Spring"})).json()
    session = await shop.session(**{"discounts[0][coupon]": coupon["id"]})
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await expect(page.locator('[data-testid="total"]')).to_have_text("$16.00")
        await expect(page.locator('[data-testid="subtotal"]')).to_have_text("$20.00")
        await expect(page.locator(".totals .off")).to_contain_text("Spring")
        await expect(page.locator('[data-testid="discount"]')).to_have_text("−$4.00")
        await expect(page.locator(BUTTON)).to_have_text("Pay $16.00")
        await fill(page)
        await page.click(BUTTON)
        await thanked(page)
    [charge] = await shop.charges(session["id"])
    assert charge["amount"] == 1600


async def test_while_the_banks_check_is_open_the_page_says_that_somebody_is_there(browser: Browser, shop: Shop) -> None:
    made = await link(shop, **{"restrictions[completed_sessions][limit]": "1"})
    async with visiting(browser) as page:
        await page.clock.install()
        await page.goto(made["url"])
        await fill(page, CHALLENGED)
        await page.click(BUTTON)
        await bank(page).locator("#test-source-authorize-3ds").wait_for()
        async with page.expect_request(lambda request: request.url.endswith("/status")):
            await page.clock.fast_forward("02:01")
        await bank(page).locator("#test-source-authorize-3ds").click()
        await expect(page.locator("#title")).to_have_text("Payment complete")
