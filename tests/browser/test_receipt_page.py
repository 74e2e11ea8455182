"""A receipt as a shopper sees it, the mail that led there, and the mailbox in which the mail lies."""

import re
from typing import Any

from playwright.async_api import Browser, Page, expect

from tests.browser.axe import sound, sound_in_every_look
from tests.browser.checkout import fits
from tests.browser.chromium import visiting
from tests.browser.shop import Shop
from tests.browser.test_checkout_look import branded
from tests.integration.test_receipts import mails, paid

__all__ = ["branded"]


async def _refunded(shop: Shop, to: str) -> dict[str, Any]:
    made = await paid(shop, to, description="Two blue mugs, hand-painted, with a saucer each")
    await shop.api("POST", "/v1/refunds", {"charge": made["id"], "amount": "300"})
    return made


async def test_a_receipt_reads_well_in_every_look(browser: Browser, shop: Shop) -> None:
    made = await _refunded(shop, "")
    async with visiting(browser) as page:
        await page.goto(made["receipt_url"])
        await expect(page.get_by_role("heading", name=re.compile("Receipt from"))).to_be_visible()
        await expect(page.locator(".badge")).to_have_text("Partially refunded")
        await sound_in_every_look(page)
        await page.set_viewport_size({"width": 320, "height": 800})
        await fits(page, 320)


async def test_a_receipt_wears_the_sellers_look(browser: Browser, branded: Shop) -> None:
    made = await paid(branded)
    async with visiting(browser) as page:
        await page.goto(made["receipt_url"])
        await expect(page.get_by_role("heading", name="Receipt from Paper & Co")).to_be_visible()
        picture = page.locator("img.picture")
        await expect(picture).to_be_visible()
        assert await picture.evaluate("one => one.complete && one.naturalWidth > 0")
        await sound(page)


async def test_a_receipt_works_without_a_script_and_is_saved(browser: Browser, shop: Shop) -> None:
    made = await paid(shop)
    async with visiting(browser, java_script_enabled=False) as page:
        await page.goto(made["receipt_url"])
        await expect(page.locator(".sum")).to_have_text("$43.00")
        async with page.expect_download() as waiting:
            await page.get_by_role("link", name="Save as PDF").click()
        assert (await waiting.value).suggested_filename.endswith(".pdf")


async def test_on_paper_only_the_receipt_stands(browser: Browser, shop: Shop) -> None:
    made = await paid(shop)
    async with visiting(browser) as page:
        await page.goto(made["receipt_url"])
        await page.emulate_media(media="print")
        await expect(page.get_by_role("link", name="Save as PDF")).to_be_hidden()
        await expect(page.locator(".sum")).to_be_visible()


async def test_the_mail_leads_from_the_mailbox_to_the_receipt(browser: Browser, shop: Shop) -> None:
    made = await _refunded(shop, "reader@example.com")
    await mails(shop, "reader@example.com", 2)
    async with visiting(browser) as page:
        await page.goto(f"http://bank.localhost:{shop.stack.sandbox_port}/mail")
        await sound_in_every_look(page)
        await page.get_by_role("link", name=re.compile("Your receipt.*reader@example.com", re.DOTALL)).first.click()
        letter = page.frame_locator("iframe")
        await expect(letter.get_by_role("heading", name=re.compile("Receipt from"))).to_be_visible()
        await sound_in_every_look(page)
        assert await _leads(page) == made["receipt_url"]


async def _leads(page: Page) -> str:
    async with page.context.expect_page() as opening:
        await page.frame_locator("iframe").get_by_role("link", name="See the receipt").click()
    opened = await opening.value
    await opened.wait_for_load_state()
    await expect(opened.locator(".badge")).to_have_text("Partially refunded")
    return opened.url
