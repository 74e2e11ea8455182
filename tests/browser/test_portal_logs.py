"""Logs and keys in a real browser: filters without loading the page, copying, and a phone's width."""

from playwright.async_api import Page, expect

from tests.browser.shop import Shop
from tests.browser.test_portal_page import fit_a_phone


async def test_an_error_is_found_and_opened(page: Page, shop: Shop) -> None:
    answer = await shop.api("POST", "/v1/customers", {"emial": "ada@example.com"})
    url = answer.json()["error"]["request_log_url"].replace("127.0.0.1", "localhost")
    for _ in range(900):  # it is written a moment after the answer
        shown = await page.goto(url)
        if shown and shown.status == 200:
            break
        await page.wait_for_timeout(100)
    await expect(page.locator(".under .badge")).to_have_text("400")
    await expect(page.locator(".params")).to_contain_text("emial")
    await expect(page.locator("pre").first).to_contain_text("parameter_unknown")
    await expect(page.locator(".curl")).to_contain_text("--data-urlencode emial=ada@example.com")
    await page.get_by_role("link", name="Logs", exact=True).first.click()
    await page.evaluate("window.kept = true")
    await page.get_by_role("link", name="Refused").click()
    await expect(page.locator(".tabs [aria-current]")).to_have_text("Refused")
    await expect(page.locator(".logs .badge.good")).to_have_count(0)
    assert await page.evaluate("window.kept") is True
    await page.fill("#f-object", answer.headers["request-id"])
    await page.get_by_role("button", name="Search").click()
    await expect(page.locator(".logs tbody tr")).to_have_count(1)


async def test_permissions_are_asked_of_restricted_keys_only(page: Page, shop: Shop) -> None:
    await page.goto(f"http://localhost:{shop.stack.port}/test/developers/keys/new")
    await expect(page.get_by_label("Charges: read")).to_be_visible()
    await page.get_by_label("Secret").check()
    await expect(page.get_by_label("Charges: read")).to_be_hidden()
    await page.get_by_label("Restricted").check()
    await page.get_by_label("Charges: read").check()
    await page.fill("#k-name", "Reports")
    await page.get_by_role("button", name="Create key").click()
    await expect(page.locator(".once code")).to_contain_text("rk_test_")
    await page.get_by_role("link", name="I have copied it").click()
    await expect(page.get_by_role("link", name="Reports")).to_be_visible()


async def test_the_pages_fit_a_phone(page: Page, shop: Shop) -> None:
    await shop.api("GET", "/v1/payment_intents/pi_00aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
    await fit_a_phone(page, shop, "/test/logs", "/test/logs?object=pi_none", "/test/developers/keys/new",
                      "/docs/api-keys", "/docs/rate-limits")
