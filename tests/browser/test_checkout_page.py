"""Paying on the hosted checkout in a real browser, as shoppers do."""

import asyncio

import pytest
from playwright.async_api import Browser, FrameLocator, Page, expect

from tests.browser.checkout import BUTTON, fill, thanked
from tests.browser.chromium import visiting
from tests.browser.shop import Shop


def bank(page: Page) -> FrameLocator:
    return page.frame_locator("iframe[name^=__privateStripeFrame]").frame_locator(
        'iframe[name="stripe-challenge-frame"]')


async def test_a_card_pays_and_the_shopper_returns_to_the_shop(browser: Browser, shop: Shop) -> None:
    session = await shop.session()
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await expect(page.locator(BUTTON)).to_have_text("Pay $20.00")
        await fill(page)
        await page.click(BUTTON)
        await thanked(page)
        assert session["id"] in page.url
    found = await shop.look(session["id"])
    assert (found["status"], found["payment_status"]) == ("complete", "paid")
    assert found["customer_details"]["email"] == "ada@example.com"
    assert len(await shop.charges(session["id"])) == 1


async def test_a_declined_card_keeps_the_form_and_another_card_pays(browser: Browser, shop: Shop) -> None:
    session = await shop.session()
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await fill(page, "4000000000009995")
        await page.click(BUTTON)
        await expect(page.locator("#problem")).to_contain_text("Your card was declined.")
        assert await page.input_value("input[name=cardNumber]") == "4000 0000 0000 9995"
        assert await page.input_value("input[name=cardCvc]") == "123"
        await expect(page.locator(BUTTON)).to_have_text("Pay $20.00")
        await page.fill("input[name=cardNumber]", "5555555555554444")
        await page.click(BUTTON)
        await thanked(page)
    assert len(await shop.charges(session["id"])) == 1


async def test_what_the_bank_thinks_of_the_card_is_not_told(browser: Browser, shop: Shop) -> None:
    session = await shop.session()
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await fill(page, "4000000000000127")
        await page.click(BUTTON)
        await expect(page.locator("#problem")).to_contain_text("Your card was declined. Check its details")
        await expect(page.locator("#problem")).not_to_contain_text("code")
        assert await page.get_attribute("input[name=cardCvc]", "aria-invalid") in (None, "false")


async def test_authentication_that_succeeds_pays(browser: Browser, shop: Shop) -> None:
    session = await shop.session()
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await fill(page, "4000002760003184")
        await page.click(BUTTON)
        await bank(page).locator("#test-source-authorize-3ds").click()
        await thanked(page)
    assert len(await shop.charges(session["id"])) == 1


async def test_authentication_that_fails_charges_nothing_and_another_card_pays(browser: Browser, shop: Shop) -> None:
    session = await shop.session()
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await fill(page, "4000002760003184")
        await page.click(BUTTON)
        await bank(page).locator("#test-source-fail-3ds").click()
        await expect(page.locator("#problem")).to_contain_text("could not confirm that it is you")
        assert await shop.charges(session["id"]) == []
        await page.fill("input[name=cardNumber]", "4242424242424242")
        await page.click(BUTTON)
        await thanked(page)
    assert len(await shop.charges(session["id"])) == 1


@pytest.mark.parametrize("way", ["close button", "escape"])
async def test_closing_the_bank_is_a_failure_that_can_be_retried(browser: Browser, shop: Shop, way: str) -> None:
    session = await shop.session()
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await fill(page, "4000002760003184")
        await page.click(BUTTON)
        await bank(page).locator("#test-source-authorize-3ds").wait_for()
        if way == "escape":
            await page.focus("#bank-close")
            await page.keyboard.press("Escape")
        else:
            await page.click("#bank-close")
        await expect(page.locator("#problem")).to_contain_text("you have not been charged")
        assert (await shop.look(session["id"]))["status"] == "open"
        await page.click(BUTTON)
        await bank(page).locator("#test-source-authorize-3ds").click()
        await thanked(page)


async def test_an_unfinished_check_resumes_after_reload(browser: Browser, shop: Shop) -> None:
    session = await shop.session()
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await fill(page, "4000002760003184")
        await page.click(BUTTON)
        await bank(page).locator("#test-source-authorize-3ds").wait_for()
        await page.reload()
        await page.get_by_role("button", name="Continue the check").click()
        await bank(page).locator("#test-source-authorize-3ds").click()
        await thanked(page)


async def test_a_double_click_pays_once(browser: Browser, shop: Shop) -> None:
    session = await shop.session()
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await fill(page)
        await page.dblclick(BUTTON)
        await thanked(page)
    assert len(await shop.charges(session["id"])) == 1


async def test_two_tabs_pay_once(browser: Browser, shop: Shop) -> None:
    session = await shop.session()
    async with visiting(browser) as one, visiting(browser) as two:
        for page in (one, two):
            await page.goto(session["url"])
            await fill(page)
        await asyncio.gather(one.click(BUTTON), two.click(BUTTON))
        await shop_settles(shop, session["id"])
    assert len(await shop.charges(session["id"])) == 1


async def shop_settles(shop: Shop, id: str) -> None:
    for _ in range(900):
        if (await shop.look(id))["status"] == "complete":
            return
        await asyncio.sleep(0.1)
    raise AssertionError("the session did not complete")


async def test_back_after_success_shows_no_form(browser: Browser, shop: Shop) -> None:
    session = await shop.session()
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await fill(page)
        await page.click(BUTTON)
        await thanked(page)
        await page.go_back()
        await expect(page.get_by_role("heading", name="Payment complete")).to_be_visible()
        assert await page.locator("input[name=cardNumber]").count() == 0
        await expect(page.locator(".receipt")).to_contain_text("Visa ending in 4242")


async def test_the_whole_payment_works_with_the_keyboard(browser: Browser, shop: Shop) -> None:
    session = await shop.session()
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await page.focus("input[name=email]")
        for typed in ("ada@example.com", "4242424242424242", "1234", "123"):
            await page.keyboard.type(typed)
            await page.keyboard.press("Tab")
        await page.keyboard.press("Tab")  # over the help button
        await page.keyboard.type("Ada Byron")
        await page.keyboard.press("Tab")
        await page.keyboard.type("United States")
        await page.keyboard.press("Tab")
        await page.keyboard.type("10001")
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.id") == "submit"
        await page.keyboard.press("Enter")
        await thanked(page)


async def test_the_page_pays_without_javascript(browser: Browser, shop: Shop) -> None:
    session = await shop.session()
    async with visiting(browser, java_script_enabled=False) as page:
        await page.goto(session["url"])
        await fill(page)
        await page.click(BUTTON)
        await page.get_by_role("button", name="Pay $20.00").click()
        await expect(page.get_by_role("heading", name="Payment complete")).to_be_visible()
        await page.get_by_role("link", name="Return to").click()
        await thanked(page)
    found = await shop.look(session["id"])
    assert found["customer_details"]["email"] == "ada@example.com"


async def test_authentication_works_without_javascript(browser: Browser, shop: Shop) -> None:
    session = await shop.session()
    async with visiting(browser, java_script_enabled=False) as page:
        await page.goto(session["url"])
        await fill(page, "4000002760003184")
        await page.click(BUTTON)
        await page.get_by_role("button", name="Pay $20.00").click()
        await page.get_by_role("button", name="Continue to your bank").click()
        await page.click("#test-source-authorize-3ds")
        await page.get_by_role("button", name="Continue").click()
        await page.get_by_role("link", name="Return to the payment").click()
        await thanked(page)


async def test_no_card_number_reaches_the_web_process(browser: Browser, shop: Shop) -> None:
    session, number = await shop.session(), "4242424242424242"
    seen: list[str] = []
    async with visiting(browser) as page:
        page.on("request", lambda request: seen.append(
            f"{request.url} {request.post_data or ''} {request.headers}") if f":{shop.stack.port}" in request.url
            else None)
        await page.goto(session["url"])
        await fill(page, number)
        await page.click(BUTTON)
        await thanked(page)
    assert len(seen) > 5
    assert not [line for line in seen if number in line.replace(" ", "").replace("+", "").replace("%20", "")]
    assert number not in shop.stack.log("web")


async def test_an_offline_payer_keeps_the_data_and_pays_once(browser: Browser, shop: Shop) -> None:
    session = await shop.session()
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await fill(page)
        await page.context.set_offline(True)
        await page.click(BUTTON)
        await expect(page.locator(BUTTON)).to_have_text("Try again")
        await page.context.set_offline(False)
        await page.click(BUTTON)
        await thanked(page)
    assert len(await shop.charges(session["id"])) == 1


async def test_fill_test_card_pays(browser: Browser, shop: Shop) -> None:
    session = await shop.session()
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await page.get_by_role("button", name="Fill test card").click()
        await page.click(BUTTON)
        await thanked(page)


async def test_amounts_have_their_currencys_decimals(browser: Browser, shop: Shop) -> None:
    async with visiting(browser) as page:
        for amount, currency, text in ((1980, "jpy", "Pay ¥1,980"), (12340, "kwd", "Pay KWD\u00a012.340"),
                                       (99, "eur", "Pay €0.99")):
            await page.goto((await shop.session(amount, currency))["url"])
            assert await page.locator(BUTTON).inner_text() == text
