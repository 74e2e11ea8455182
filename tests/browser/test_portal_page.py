"""The portal in a real browser: what htmx adds, and that its policy lets it."""

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.axe import sound, sound_in_every_look
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
    await expect(page.get_by_role("alert")).to_contain_text("At most $43.00 can be captured.")
    await page.fill("#amount", "12.50")
    await page.get_by_role("button", name="Capture").click()
    await expect(page.locator(".under .badge")).to_have_text("Partly captured")
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


async def test_the_focus_stays_on_what_was_pressed(page: Page, shop: Shop) -> None:
    for _ in range(21):
        await shop.api("POST", "/v1/payment_intents", {"amount": "100", "currency": "usd"})
    await page.goto(f"http://localhost:{shop.stack.port}/test/payments")
    tab = page.get_by_role("link", name="Incomplete", exact=True)
    await tab.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(".tabs [aria-current]")).to_have_text("Incomplete")
    await expect(tab).to_be_focused()
    older = page.get_by_role("link", name="Older")
    await older.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("link", name="Newer")).to_be_visible()
    assert await page.evaluate("document.activeElement !== document.body")


async def test_no_page_of_the_portal_breaks_a_rule_of_accessibility(page: Page, shop: Shop) -> None:
    intent, log = await held(shop), f"http://localhost:{shop.stack.port}/test/logs"
    session = await shop.session(**{"phone_number_collection[enabled]": "true"})
    await shop.pay(session["id"], await shop.token(session["id"]), phone="+1 201 555 0123")
    order = (await shop.look(session["id"]))["payment_intent"]
    hook = (await shop.api("POST", "/v1/webhook_endpoints", {"url": "http://127.0.0.1:9/nothing",
                                                            "enabled_events[]": "customer.created"})).json()["id"]
    await shop.api("POST", "/v1/customers", {"email": "ada@example.com"})  # nothing listens there: it is not delivered
    for path in ("/", "/test/payments", f"/test/payments/{intent['id']}", f"/test/payments/{order}",
                 "/test/payments?status=disputed", "/test/developers", f"/test/developers/webhooks/{hook}",
                 "/test/developers/keys/new", "/test/logs", "/docs/accept-a-payment"):
        await page.goto(f"http://localhost:{shop.stack.port}{path}")
        await sound_in_every_look(page)
    await page.goto(log)
    await page.locator(".rowlink").first.click()
    await sound_in_every_look(page)
    await shop.api("DELETE", f"/v1/webhook_endpoints/{hook}")


async def test_portal_pages_fit_a_phone(page: Page, shop: Shop) -> None:
    await fit_a_phone(page, shop, "/", "/test/payments", "/test/developers", "/docs/test-cards", "/docs/errors",
                      "/docs/parity", "/docs/api", "/docs/api/checkout-sessions")


async def fit_a_phone(page: Page, shop: Shop, *paths: str) -> None:
    """None of these pages is wider than a narrow phone."""
    await page.set_viewport_size({"width": 320, "height": 700})
    widths = {}
    for path in paths:
        await page.goto(f"http://localhost:{shop.stack.port}{path}")
        widths[path] = await page.evaluate("document.documentElement.scrollWidth")
    assert {path: width for path, width in widths.items() if width > 320} == {}


async def test_a_payment_is_refunded_from_its_page(page: Page, shop: Shop) -> None:
    paid: dict[str, Any] = (await shop.api("POST", "/v1/payment_intents", {
        "amount": "4300", "currency": "usd", "payment_method": "pm_card_visa", "confirm": "true",
        "return_url": "https://shop.example"})).json()
    await page.goto(f"http://localhost:{shop.stack.port}/test/payments/{paid['id']}")
    await page.locator("summary", has_text="Refund payment").click()
    await page.get_by_label("Amount to refund (USD)").fill("50")
    await page.get_by_role("button", name="Refund", exact=True).click()
    field = page.get_by_label("Amount to refund (USD)")
    await expect(field).to_have_accessible_description(re.compile("At most \\$43.00 can be refunded."))
    await expect(field).to_have_attribute("aria-invalid", "true")
    await expect(field).to_be_focused()
    await expect(field).to_have_value("50")
    await page.get_by_label("Amount to refund (USD)").fill("3")
    await page.get_by_label("Reason").select_option("duplicate")
    await page.get_by_role("button", name="Refund", exact=True).click()
    question = page.get_by_role("dialog", name="Refund $3.00?")
    await expect(question).to_contain_text("3.00 US dollars")
    await sound(page)
    await page.keyboard.press("Escape")
    await expect(question).to_have_count(0)
    await page.locator("summary", has_text="Refund payment").click()
    await page.get_by_label("Amount to refund (USD)").fill("3")
    await page.get_by_label("Reason").select_option("duplicate")
    await page.get_by_role("button", name="Refund", exact=True).click()
    await expect(page.get_by_role("button", name="Refund $3.00")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status").get_by_text("$3.00 was refunded.")).to_be_visible()
    await expect(page.locator(".under .badge")).to_have_text("Partly refunded")
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
