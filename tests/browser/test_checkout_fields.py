"""The card fields: grouping, caret, expiry, messages, names and contrast."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.checkout import BUTTON, fits, reads_well
from tests.browser.chromium import SCHEMES, visiting, wear
from tests.browser.shop import Shop

NUMBER, EXPIRY, CVC = "input[name=cardNumber]", "input[name=cardExpiry]", "input[name=cardCvc]"


@pytest.fixture(scope="module")
async def tab(browser: Browser) -> AsyncIterator[Page]:
    async with visiting(browser) as one:
        yield one


@pytest.fixture
async def page(tab: Page, shop: Shop) -> Page:
    """The page of an order that nobody has seen yet, in the same tab each time."""
    await tab.goto((await shop.session())["url"])
    return tab


@pytest.mark.parametrize(("typed", "shown", "brand"), [
    ("4242424242424242", "4242 4242 4242 4242", "Visa"),
    ("378282246310005", "3782 822463 10005", "Amex"),
    ("36227206271667", "3622 720627 1667", "Diners Club"),
    ("3056930009020004", "3056 9300 0902 0004", "Diners Club"),
    ("6205500000000000004", "6205 5000 0000 0000 004", "UnionPay"),
    ("2223003122003222", "2223 0031 2200 3222", "Mastercard"),
    ("42424242424242421", "4242 4242 4242 4242", "Visa"),
])
async def test_a_typed_number_is_grouped(page: Page, typed: str, shown: str, brand: str) -> None:
    await page.locator(NUMBER).press_sequentially(typed)
    assert await page.input_value(NUMBER) == shown
    assert await page.locator("#brandname").inner_text() == brand


@pytest.mark.parametrize("pasted", ["4242-4242-4242-4242", " 4242 4242 4242 4242 "])
async def test_pasted_separators_are_accepted(page: Page, pasted: str) -> None:
    await page.fill(NUMBER, pasted)
    assert await page.input_value(NUMBER) == "4242 4242 4242 4242"


async def caret(page: Page, selector: str) -> Any:
    return await page.eval_on_selector(selector, "field => field.selectionStart")


async def place(page: Page, selector: str, at: int) -> None:
    await page.focus(selector)
    await page.eval_on_selector(selector, "(field, at) => field.setSelectionRange(at, at)", at)


async def test_the_caret_stays_when_a_digit_is_inserted_in_the_middle(page: Page) -> None:
    await page.locator(NUMBER).press_sequentially("424242424242")
    await place(page, NUMBER, 2)
    await page.keyboard.type("9")
    assert await page.input_value(NUMBER) == "4294 2424 2424 2"
    assert await caret(page, NUMBER) == 3


async def test_backspace_works_across_a_space(page: Page) -> None:
    await page.locator(NUMBER).press_sequentially("42424111")
    await place(page, NUMBER, 5)
    await page.keyboard.press("Backspace")
    assert await page.input_value(NUMBER) == "4244 111"
    assert await caret(page, NUMBER) == 3
    await place(page, NUMBER, 4)
    await page.keyboard.press("Delete")
    assert await page.input_value(NUMBER) == "4244 11"


@pytest.mark.parametrize(("typed", "shown"), [
    ("1234", "12 / 34"), ("1/", "01 / "), ("1/34", "01 / 34"), ("13", "01 / 3"), ("5", "05 / "), ("12/34", "12 / 34"),
    ("0534", "05 / 34")])
async def test_a_typed_expiry_reads_as_on_the_card(page: Page, typed: str, shown: str) -> None:
    await page.locator(EXPIRY).press_sequentially(typed)
    assert await page.input_value(EXPIRY) == shown


@pytest.mark.parametrize("filled", ["12/2033", "12/33", "1233", "2033-12", "12 / 33", "122033"])
async def test_autofilled_expiries_are_understood(page: Page, filled: str) -> None:
    await page.fill(EXPIRY, filled)
    assert await page.input_value(EXPIRY) == "12 / 33"


async def test_an_expiry_can_be_deleted_key_by_key(page: Page) -> None:
    await page.locator(EXPIRY).press_sequentially("1234")
    for _ in range(8):
        await page.keyboard.press("Backspace")
    assert await page.input_value(EXPIRY) == ""


async def test_a_year_typed_with_its_century_is_shortened(page: Page) -> None:
    await page.locator(EXPIRY).press_sequentially("122034")
    await page.keyboard.press("Tab")
    assert await page.input_value(EXPIRY) == "12 / 34"


async def test_amex_takes_four_digits_as_security_code(page: Page) -> None:
    await page.locator(NUMBER).press_sequentially("3782")
    await page.locator(CVC).press_sequentially("12345")
    assert await page.input_value(CVC) == "1234"


@pytest.mark.parametrize(("selector", "value", "message"), [
    (NUMBER, "4242424242424241", "Your card number is invalid."),
    (NUMBER, "42424242", "Your card number is incomplete."),
    (NUMBER, "9999999999999995", "This kind of card is not accepted here."),
    (EXPIRY, "01 / 20", "Your card’s expiry date is in the past."),
    (CVC, "1", "Your card’s security code is incomplete."),
])
async def test_leaving_a_wrong_field_says_what_is_wrong(page: Page, selector: str, value: str, message: str) -> None:
    if selector == CVC:
        await page.fill(NUMBER, "4242424242424242")
    await page.fill(selector, value)
    await page.locator(selector).blur()
    await expect(page.locator("#card-error")).to_have_text(message)
    await expect(page.locator(selector)).to_have_attribute("aria-invalid", "true")


async def test_a_message_goes_when_the_field_is_mended(page: Page) -> None:
    await page.fill(NUMBER, "4242424242424241")
    await page.locator(NUMBER).blur()
    await page.fill(NUMBER, "4242424242424242")
    await expect(page.locator("#card-error")).to_have_text("")


async def test_submitting_nothing_focuses_the_first_field_and_sends_nothing(page: Page) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    await page.click(BUTTON)
    await expect(page.locator("input[name=email]")).to_be_focused()
    await expect(page.get_by_role("alert")).to_contain_text("fields need your attention")
    assert sent == []


async def test_the_postal_code_follows_the_country(page: Page) -> None:
    postal = page.locator("input[name=billingPostalCode]")
    await page.select_option("select[name=billingCountry]", "GB")
    await expect(postal).to_have_attribute("aria-label", "Postcode")
    await page.select_option("select[name=billingCountry]", "AE")
    await expect(postal).to_be_hidden()
    await page.select_option("select[name=billingCountry]", "US")
    await expect(postal).to_have_attribute("placeholder", "ZIP code")


async def test_every_field_has_a_name_and_a_purpose(page: Page) -> None:
    await expect(page.get_by_role("textbox", name="Card number")).to_have_attribute("autocomplete", "cc-number")
    await expect(page.get_by_role("textbox", name="Expiry date")).to_have_attribute("autocomplete", "cc-exp")
    await expect(page.get_by_role("textbox", name="Security code")).to_have_attribute("autocomplete", "cc-csc")
    await expect(page.get_by_role("textbox", name="Email")).to_have_attribute("autocomplete", "email")
    await expect(page.get_by_role("textbox", name="Name on card")).to_have_attribute("autocomplete", "cc-name")
    nameless = await page.evaluate("""() => [...document.querySelectorAll('input:not([type=hidden]), select, button')]
        .filter(one => !one.labels?.length && !one.getAttribute('aria-label') && !one.textContent.trim())
        .map(one => one.outerHTML)""")
    assert nameless == []


async def test_a_phone_needs_no_sideways_scrolling(browser: Browser, shop: Shop) -> None:
    session = await shop.session(12_345_680, "kwd", billing_address_collection="required")
    async with visiting(browser) as page:
        for width in (320, 375):
            await page.set_viewport_size({"width": width, "height": 700})
            await page.goto(session["url"])
            await page.click(BUTTON)
            for scheme in SCHEMES:
                await wear(page, scheme)
                await fits(page, width)


async def test_every_text_has_enough_contrast(tab: Page, shop: Shop) -> None:
    for scheme in ("dark", "light"):
        await tab.emulate_media(color_scheme=scheme)
        await tab.goto((await shop.session())["url"])
        await reads_well(tab)
        await tab.fill(NUMBER, "4242424242424241")
        await tab.click(BUTTON)
        await expect(tab.locator(NUMBER)).to_have_attribute("aria-invalid", "true")
        await reads_well(tab)
