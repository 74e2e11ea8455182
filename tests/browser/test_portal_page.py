"""The portal in a real browser: what htmx adds, and that its policy lets it."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.shop import Shop


async def held(shop: Shop) -> dict[str, Any]:
    found: dict[str, Any] = (await shop.api("POST", "/v1/payment_intents", {
        "amount": "4300", "currency": "usd", "payment_method": "pm_card_visa", "confirm": "true",
        "capture_method": "manual", "return_url": "https://shop.example"})).json()
    return found


async def test_a_filter_changes_the_list_without_loading_the_page(page: Page, shop: Shop) -> None:
    intent = await held(shop)
    base = f"http://localhost:{shop.stack.port}/test/payments"
    await page.goto(base)
    await page.evaluate("window.kept = true")
    await page.get_by_role("link", name="Uncaptured").click()
    await expect(page.locator(f'a[href="/test/payments/{intent["id"]}"]')).to_be_visible()
    await expect(page).to_have_url(f"{base}?status=requires_capture")
    assert await page.evaluate("window.kept") is True
    await page.go_back()
    await expect(page).to_have_url(base)
    await expect(page.locator(".tabs [aria-current]")).to_have_text("All")


async def test_capturing_more_than_allowed_says_so_and_then_works(page: Page, shop: Shop) -> None:
    intent = await held(shop)
    await page.goto(f"http://localhost:{shop.stack.port}/test/payments/{intent['id']}")
    await page.fill("#amount", "99")
    await page.get_by_role("button", name="Capture").click()
    await expect(page.get_by_role("alert")).to_contain_text("amount to capture")
    await page.fill("#amount", "12.50")
    await page.get_by_role("button", name="Capture").click()
    await expect(page.locator(".under .badge")).to_have_text("Succeeded")
    await expect(page.locator(".facts")).to_contain_text("$12.50")


async def test_cancelling_asks_first(page: Page, shop: Shop) -> None:
    intent = await held(shop)
    await page.goto(f"http://localhost:{shop.stack.port}/test/payments/{intent['id']}")
    page.once("dialog", lambda dialog: dialog.dismiss())
    await page.get_by_role("button", name="Cancel payment").click()
    assert (await shop.api("GET", f"/v1/payment_intents/{intent['id']}")).json()["status"] == "requires_capture"
    page.once("dialog", lambda dialog: dialog.accept())
    await page.get_by_role("button", name="Cancel payment").click()
    await expect(page.locator(".under .badge")).to_have_text("Canceled")


@pytest.mark.parametrize("path", ["/", "/test/payments", "/test/developers", "/docs/test-cards", "/docs/errors",
                                  "/docs/parity", "/docs/api", "/docs/api/checkout-sessions"])
async def test_portal_pages_fit_a_phone(page: Page, shop: Shop, path: str) -> None:
    await page.set_viewport_size({"width": 320, "height": 700})
    await page.goto(f"http://localhost:{shop.stack.port}{path}")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 320


async def test_a_payment_is_refunded_from_its_page(page: Page, shop: Shop) -> None:
    paid: dict[str, Any] = (await shop.api("POST", "/v1/payment_intents", {
        "amount": "4300", "currency": "usd", "payment_method": "pm_card_visa", "confirm": "true",
        "return_url": "https://shop.example"})).json()
    await page.goto(f"http://localhost:{shop.stack.port}/test/payments/{paid['id']}")
    await page.locator("summary", has_text="Refund payment").click()
    await page.get_by_label("Amount to refund (USD)").fill("50")
    await page.get_by_role("button", name="Refund", exact=True).click()
    await expect(page.get_by_text("greater than the unrefunded amount")).to_be_visible()
    await page.get_by_label("Amount to refund (USD)").fill("3")
    await page.get_by_label("Reason").select_option("duplicate")
    await page.get_by_role("button", name="Refund", exact=True).click()
    await expect(page.get_by_text("Charge refunded")).to_be_visible()
    await expect(page.get_by_role("cell", name="Paid twice")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 375])
async def test_the_list_of_pages_is_beside_the_text_or_folded_above_it(page: Page, shop: Shop, width: int) -> None:
    await page.set_viewport_size({"width": width, "height": 800})
    await page.goto(f"http://localhost:{shop.stack.port}/docs/errors")
    link = page.get_by_role("navigation", name="Documentation").get_by_role("link", name="Test cards")
    if width == 375:
        await expect(link).to_be_hidden()
        await page.get_by_text("All pages").focus()
        await page.keyboard.press("Enter")
    await expect(link).to_be_visible()
    await page.get_by_role("link", name="Accept a payment").focus()
    await page.keyboard.press("Tab")
    await expect(link).to_be_focused()
