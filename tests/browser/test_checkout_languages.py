"""Paying in another language, and from right to left, in a real browser."""

import re
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.axe import sound_in_every_look
from tests.browser.checkout import BUTTON, fill, fits, reads_well, thanked
from tests.browser.chromium import visiting
from tests.browser.shop import Shop
from tests.browser.test_checkout_asks import ALL

LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenband, handgewebt, mit Monogramm"
BILLS = {"billing_address_collection": "required", "cancel_url": "https://shop.example/"}


async def opened(page: Page, shop: Shop, tag: str, **more: Any) -> dict[str, Any]:
    """A new session, on a page whose browser wants this language."""
    session = await shop.session(**more)
    await page.goto(session["url"])
    await expect(page.locator("html")).to_have_attribute("lang", tag)
    return session


async def middle(page: Page, selector: str) -> float:
    box = await page.locator(selector).bounding_box()
    assert box, selector
    return box["x"] + box["width"] / 2


async def test_arabic_is_the_mirror_of_english(browser: Browser, shop: Shop) -> None:
    pairs = (("header.side", "main.form"), ("[name=cardExpiry]", "[name=cardCvc]"), (".back", ".seller"),
             ("[name=phone_country]", "[name=phone]"), (".item .tile", ".item .price"), ("[name=cardCvc]", "#cvc-help"))
    for tag in ("en", "ar"):
        async with visiting(browser, locale=tag) as page:
            await opened(page, shop, tag, **ALL, **BILLS)
            await page.set_viewport_size({"width": 1280, "height": 800})
            mirrored = [await middle(page, first) > await middle(page, then) for first, then in pairs]
            assert mirrored == [tag == "ar"] * len(pairs), tag
            directions = await page.evaluate("""() => ['cardNumber', 'cardExpiry', 'cardCvc', 'email', 'phone']
                .map(name => getComputedStyle(document.querySelector(`[name=${name}]`)).direction)""")
            assert directions == ["ltr"] * 5


@pytest.mark.parametrize("tag", ["ar", "de", "ja"])
async def test_a_page_full_of_questions_is_sound_and_fits(browser: Browser, shop: Shop, tag: str) -> None:
    async with visiting(browser, locale=tag) as page:
        await opened(page, shop, tag, currency="kwd", amount=12345670, **BILLS, **{
            **ALL, "line_items[0][price_data][product_data][name]": LONG, "line_items[0][quantity]": "3",
            "shipping_options[0][shipping_rate_data][fixed_amount][currency]": "kwd",
            "shipping_options[1][shipping_rate_data][fixed_amount][currency]": "kwd"})
        await page.set_viewport_size({"width": 320, "height": 900})
        await page.click(".summary > summary")
        for width in (320, 375, 1280):
            await page.set_viewport_size({"width": width, "height": 900})
            await fits(page, width)
        await page.set_viewport_size({"width": 375, "height": 900})
        await page.click(BUTTON)
        await expect(page.locator("#problem li").first).to_be_visible()
        await fits(page, 375)
        await reads_well(page)
        await sound_in_every_look(page)


async def test_what_is_typed_in_arabic_pages_stays_in_its_order(browser: Browser, shop: Shop) -> None:
    async with visiting(browser, locale="ar") as page:
        await opened(page, shop, "ar")
        await page.locator("[name=cardNumber]").press_sequentially("4242424242424242")
        await expect(page.locator("[name=cardNumber]")).to_have_value("4242 4242 4242 4242")
        await page.locator("[name=cardExpiry]").press_sequentially("134")
        await expect(page.locator("[name=cardExpiry]")).to_have_value("01 / 34")
        await page.fill("[name=email]", "ada@")
        await page.press("[name=email]", "Tab")
        await expect(page.locator("#email-error")).to_contain_text("أدخل عنوان بريد إلكتروني")


async def test_the_keys_go_through_an_arabic_page_in_its_order(browser: Browser, shop: Shop) -> None:
    async with visiting(browser, locale="ar") as page:
        await opened(page, shop, "ar")
        await page.focus("[name=email]")
        order = []
        for _ in range(8):
            await page.keyboard.press("Tab")
            order.append(await page.evaluate("document.activeElement.name || document.activeElement.id"))
    assert order == ["cardNumber", "cardExpiry", "cardCvc", "cvc-help", "billingName", "billingCountry",
                     "billingPostalCode", "submit"]


@pytest.mark.parametrize(("tag", "button", "thanks"), [
    ("de", "20,00\u00a0$ bezahlen", "Zahlung abgeschlossen"),
    ("ar", "ادفع \u2068\u200f20.00\u00a0\u2066US$\u2069\u2069", "اكتمل الدفع")])
async def test_a_payment_is_made_whole(browser: Browser, shop: Shop, tag: str, button: str, thanks: str) -> None:
    async with visiting(browser, locale=tag) as page:
        session = await opened(page, shop, tag)
        await expect(page.locator(BUTTON)).to_have_text(button, use_inner_text=False)
        await fill(page, "4000002760003184")
        await page.click(BUTTON)
        bank = page.frame_locator('iframe[name^="__privateStripeFrame"]')
        await expect(bank.locator("html")).to_have_attribute("lang", tag)
        await bank.frame_locator('iframe[name="stripe-challenge-frame"]').locator("#test-source-authorize-3ds").click()
        await thanked(page)
        await page.goto(session["url"])
        await expect(page.locator("#title")).to_have_text(thanks)
        await expect(page.locator("html")).to_have_attribute("dir", "rtl" if tag == "ar" else "ltr")
        await sound_in_every_look(page)
    assert [one["amount"] for one in await shop.charges(session["id"])] == [2000]


async def test_a_session_in_german_is_paid_without_a_script_by_whoever_reads_japanese(browser: Browser,
                                                                                     shop: Shop) -> None:
    session = await shop.session(locale="de")
    async with visiting(browser, locale="ja", java_script_enabled=False) as page:
        await page.goto(session["url"])
        await fill(page)
        await page.click(BUTTON)
        await expect(page.get_by_role("heading", name="Ein letzter Schritt")).to_be_visible()
        await page.get_by_role("button", name="20,00\u00a0$ bezahlen").click()
        await expect(page.get_by_role("heading", name="Zahlung abgeschlossen")).to_be_visible()


async def test_a_decline_is_told_in_japanese(browser: Browser, shop: Shop) -> None:
    async with visiting(browser, locale="ja") as page:
        await opened(page, shop, "ja")
        await page.click(BUTTON)
        listed = page.locator("#problem li").first
        await expect(listed).to_have_text(re.compile("^メールアドレス：name@example.com のような形で"))
        await fill(page, "4000000000000002")
        await page.click(BUTTON)
        await expect(page.locator("#problem strong")).to_have_text("お支払いを完了できませんでした")
        await expect(page.locator("#problem p")).to_contain_text("カードが承認されませんでした。")
        await fill(page)
        await page.click(BUTTON)
        await thanked(page)


async def test_a_language_that_is_not_there_is_told_to_the_console_once(browser: Browser, shop: Shop) -> None:
    session, told = await shop.session(locale="nb"), []
    async with visiting(browser) as page:
        page.on("console", lambda line: told.append((line.type, line.text)))
        await page.goto(session["url"])
        await expect(page.locator(BUTTON)).to_have_text("Pay $20.00")
    assert told == [("warning", 'This page does not speak "nb" yet: it is in English.')]
