"""Typing into card frames: how digits are grouped, what is wrong by its code, keys, looks, and the names of the DOM."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, FrameLocator, Page, expect

from tests.browser.chromium import visiting
from tests.browser.fields import (
    CARD,
    CHALLENGED,
    NUMBER,
    PAYMENT,
    bank,
    intent,
    mount,
    status,
    type_card,
    type_payment,
    visit,
)
from tests.browser.merchant import Merchant, selling
from tests.browser.shop import Shop
from tests.packages import BROWSER

CONTRACT = json.loads((BROWSER / "src" / "data" / "contract.json").read_text())
ADDRESS, EMAIL = ("iframe[title='Secure address input frame']", "iframe[title='Secure email input frame']")
THIS_YEAR = f"{datetime.now(UTC).year % 100:02}"
WRONG = [
    ("cardnumber", "4242", "incomplete_number", "Your card number is incomplete."),
    ("cardnumber", "4242424242424241", "invalid_number", "Your card number is invalid."),
    ("exp-date", "1", "incomplete_expiry", "Your card's expiration date is incomplete."),
    ("exp-date", "00 / 34", "invalid_expiry_month", "Your card's expiration month is invalid."),
    ("exp-date", "12 / 99", "invalid_expiry_year", "Your card's expiration year is invalid."),
    ("exp-date", "12 / 20", "invalid_expiry_year_past", "Your card's expiration year is in the past."),
    ("cvc", "12", "incomplete_cvc", "Your card's security code is incomplete."),
    ("postal", "1", "incomplete_zip", "Your postal code is incomplete."),
]
if datetime.now(UTC).month > 1:  # in January no month of the year is past
    WRONG.append(("exp-date", f"01 / {THIS_YEAR}", "invalid_expiry_month_past",
                  "Your card's expiration date is in the past."))


@pytest.fixture(scope="module")
def merchant() -> Iterator[Merchant]:
    with selling() as made:
        yield made


async def last_change(page: Page) -> dict[str, Any]:
    found: list[Any] = await page.evaluate("events.filter(([name]) => name === 'change')")
    return dict(found[-1][1])


async def error(page: Page, code: str | None) -> None:
    """Wait until the page was told of this error, or of none."""
    await page.wait_for_function("""code => { const all = events.filter(([name]) => name === 'change');
        return (all.length ? all[all.length - 1][1].error?.code ?? null : null) === code; }""", arg=code)


async def test_what_is_wrong_is_told_by_its_code(browser: Browser, shop: Shop, merchant: Merchant) -> None:
    async with visiting(browser) as page:
        await visit(page, merchant, shop.stack, "/wrong")
        await mount(page)
        frame = page.frame_locator(CARD)
        for name, text, code, sentence in WRONG:
            field = frame.locator(f"[name={name}]")
            await field.fill(text)
            await field.blur()
            await error(page, code)
            told = await last_change(page)
            assert told["error"] == {"type": "validation_error", "code": code, "message": sentence}
            assert told["complete"] is False
            await expect(field).to_have_attribute("aria-invalid", "true")
            await expect(page.locator("#card")).to_have_class("StripeElement StripeElement--invalid")
            await page.evaluate("card.clear()")
            await error(page, None)


async def typed(frame: FrameLocator, page: Page, name: str, keys: str) -> str:
    field = frame.locator(f"[name={name}]")
    await field.fill("")
    await field.focus()
    await page.keyboard.type(keys)
    return await field.input_value()


async def test_digits_are_grouped_as_on_the_card_whatever_fills_them_in(browser: Browser, shop: Shop,
                                                                        merchant: Merchant) -> None:
    async with visiting(browser) as page:
        await visit(page, merchant, shop.stack, "/grouped")
        await mount(page, "cardNumber", "#number", {"showIcon": True, "placeholder": "Your card"})
        frame = page.frame_locator(NUMBER)
        await expect(frame.locator("[name=cardnumber]")).to_have_attribute("placeholder", "Your card")
        for digits, shown, brand in (("4242424242424242", "4242 4242 4242 4242", "visa"),
                                     ("378282246310005", "3782 822463 10005", "amex"),
                                     ("36227206271667", "3622 720627 1667", "diners"),
                                     ("6205500000000000004", "6205 5000 0000 0000 004", "unionpay"),
                                     ("5555", "5555", "mastercard")):
            assert await typed(frame, page, "cardnumber", digits) == shown
            await page.wait_for_function("brand => events[events.length - 1][1].brand === brand", arg=brand)
        await frame.locator("[name=cardnumber]").fill("4242-4242 4242-4242")
        await expect(frame.locator("[name=cardnumber]")).to_have_value("4242 4242 4242 4242")
        await page.evaluate("() => { cardNumber.destroy(); elements = undefined; }")
        await mount(page)
        frame = page.frame_locator(CARD)
        for keys, shown in (("1/", "01 / "), ("13", "01 / 3"), ("4", "04 / "), ("1233", "12 / 33")):
            assert (await typed(frame, page, "exp-date", keys)).strip() == shown.strip()
        for filled in ("12/2033", "12/33", "1233", "2033-12"):
            await frame.locator("[name=exp-date]").fill(filled)
            await expect(frame.locator("[name=exp-date]")).to_have_value("12 / 33")


async def test_the_keyboard_goes_through_a_frame_and_out(browser: Browser, shop: Shop, merchant: Merchant) -> None:
    async with visiting(browser) as page:
        await visit(page, merchant, shop.stack, "/keys")
        await mount(page, options={"value": {"postalCode": "10115"}, "classes": {"focus": "mine there",
                                                                                 "empty": "none"}})
        frame = page.frame_locator(CARD)
        await expect(frame.locator("[name=postal]")).to_have_value("10115")
        await page.evaluate("card.focus()")
        await expect(frame.locator("[name=cardnumber]")).to_be_focused()
        await expect(page.locator("#card")).to_have_class("StripeElement mine there")
        await page.keyboard.type("4242424242424242")
        await expect(frame.locator("[name=exp-date]")).to_be_focused()
        await page.keyboard.press("Backspace")
        await expect(frame.locator("[name=cardnumber]")).to_be_focused()
        await page.keyboard.press("Escape")
        for _ in range(4):
            await page.keyboard.press("Tab")
        await expect(page.get_by_role("button", name="Pay")).to_be_focused()
        await expect(page.locator("#card")).to_have_class("StripeElement")
        await page.keyboard.press("Shift+Tab")
        await expect(frame.locator("[name=postal]")).to_be_focused()
        names = [name for name, _ in await page.evaluate("events")]
        assert {"ready", "focus", "escape", "blur", "change", "networkschange"} <= set(names)
        await page.evaluate("card.update({ disabled: true, hidePostalCode: true })")
        await expect(frame.locator("[name=cardnumber]")).to_be_disabled()
        await expect(frame.locator("[name=postal]")).to_be_hidden()
        handled = await page.evaluate("""() => { let count = 0; const handler = () => { count += 1; };
            card.once('blur', handler); card.on('focus', handler); card.off('focus', handler); card.unmount();
            card.mount('#number'); return document.querySelectorAll('#number iframe').length; }""")
        assert handled == 1


async def test_what_a_shopper_lives_at_goes_with_the_payment(browser: Browser, shop: Shop, merchant: Merchant) -> None:
    made = await intent(shop)
    async with visiting(browser) as page:
        await visit(page, merchant, shop.stack, "/address")
        await mount(page, "payment", "#payment", {"defaultValues": {"billingDetails": {"address": {"country": "US"}}}},
                    group={"clientSecret": made["client_secret"]})
        await mount(page, "address", "#address", {"mode": "shipping", "fields": {"phone": "always"}})
        await mount(page, "linkAuthentication", "#email")
        frame = page.frame_locator(ADDRESS)
        await type_payment(page)
        missing = await page.evaluate("elements.submit()")
        assert missing["error"]["code"] == "incomplete_name"
        await frame.locator("[name=country]").select_option("GB")
        await expect(frame.locator("[name=administrativeArea]")).to_be_hidden()
        await frame.locator("[name=country]").select_option("US")
        await expect(frame.locator("[name=administrativeArea]")).to_be_visible()
        for name, text in {"name": "Ada Byron", "addressLine1": "1 Main Street", "locality": "New York",
                           "administrativeArea": "NY", "postalCode": "1000", "phone": "+1 201 555 0123"}.items():
            await frame.locator(f"[name={name}]").fill(text)
        await page.frame_locator(EMAIL).locator("[name=email]").fill("ada@example.com")
        assert (await page.evaluate("elements.submit()"))["error"]["code"] == "incomplete_zip"
        await frame.locator("[name=postalCode]").fill("10001")
        await page.wait_for_function("""events.some(([name, event]) => name === 'change' && event.complete
            && event.elementType === 'address' && event.value.address.postal_code === '10001')""")
        assert await page.evaluate("address.getValue().then(({ value }) => value.address.city)") == "New York"
        found = await page.evaluate("stripe.confirmPayment({ elements, redirect: 'if_required' })")
        assert found["paymentIntent"]["status"] == "succeeded", found
    paid = (await shop.api("GET", f"/v1/payment_intents/{made['id']}")).json()
    assert paid["shipping"]["name"] == "Ada Byron"
    assert paid["shipping"]["address"]["line1"] == "1 Main Street"
    method = (await shop.api("GET", f"/v1/payment_methods/{paid['payment_method']}")).json()
    assert method["billing_details"]["email"] == "ada@example.com"
    assert method["billing_details"]["address"]["country"] == "US"


async def test_looks_are_the_merchants_and_readable_by_themselves(browser: Browser, shop: Shop,
                                                                  merchant: Merchant) -> None:
    look = {"theme": "night", "labels": "floating", "inputs": "condensed",
            "variables": {"colorPrimary": "rgb(1, 2, 3)"},
            "rules": {".Input:focus": {"borderColor": "rgb(9, 9, 9)"}, ".Label": {"textTransform": "uppercase"}}}
    async with visiting(browser, viewport={"width": 320, "height": 700}) as page:
        await visit(page, merchant, shop.stack, "/look")
        group = {"mode": "payment", "amount": 2000, "currency": "usd"}
        await mount(page, "payment", "#payment", group=group)
        await mount(page, "address", "#address", {"mode": "billing"})
        for frame in page.frames[1:]:
            if "elements-inner" not in frame.url:
                continue
            ran = await Axe().run(frame, options={"runOnly": {"type": "tag", "values": [  # type: ignore[arg-type]
                "wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}})
            assert [(one["id"], [node["html"][:120] for node in one["nodes"]])
                    for one in ran.response["violations"]] == []
            assert await frame.evaluate("document.documentElement.scrollWidth <= innerWidth")
        inner = page.frame_locator(PAYMENT)
        plain = await inner.locator("#Field-numberInput").evaluate("one => getComputedStyle(one).backgroundColor")
        await page.evaluate("look => elements.update({ appearance: look })", look)
        await expect(inner.locator("html")).to_have_attribute("data-theme", "night")
        await expect(inner.locator("html")).to_have_attribute("data-labels", "floating")
        await expect(inner.locator("label").first).to_have_css("text-transform", "uppercase")
        number = inner.locator("#Field-numberInput")
        await number.focus()
        await expect(number).to_have_css("border-top-color", "rgb(9, 9, 9)")
        await expect(number).to_have_css("outline-color", "rgb(1, 2, 3)")
        assert await number.evaluate("one => getComputedStyle(one).backgroundColor") != plain
        await page.evaluate("elements = undefined")
        await mount(page, options={"style": {"base": {"color": "rgb(1, 1, 1)", "fontSize": "20px", ":focus": {
            "color": "rgb(2, 2, 2)"}}, "invalid": {"color": "rgb(3, 3, 3)"}, "complete": {"color": "rgb(4, 4, 4)"}}})
        field = page.frame_locator(CARD).locator("[name=cardnumber]")
        await expect(field).to_have_css("color", "rgb(1, 1, 1)")
        await expect(field).to_have_css("font-size", "20px")
        await field.focus()
        await expect(field).to_have_css("color", "rgb(2, 2, 2)")
        await field.fill("4242424242424241")
        await expect(field).to_have_css("color", "rgb(3, 3, 3)")
        await type_card(page)
        await expect(field).to_have_css("color", "rgb(4, 4, 4)")


async def test_the_names_that_merchants_tests_use_are_kept(browser: Browser, shop: Shop, merchant: Merchant) -> None:
    made, session = await intent(shop), await shop.session()
    async with visiting(browser) as page:
        await visit(page, merchant, shop.stack, "/names")
        for group in (["card"], ["cardNumber", "cardExpiry", "cardCvc"], ["payment", "address", "linkAuthentication"]):
            await page.evaluate("elements = undefined")
            for kind in group:
                about, options = CONTRACT["elements"][kind], {"mode": "billing"} if kind == "address" else {}
                await mount(page, kind, "#card", options, {"mode": "payment", "amount": 2000, "currency": "usd"})
                css = (f'iframe[name^="{CONTRACT["frame_name"]}"][title="{about["title"]}"][src*="{about["page"]}"]'
                       f'[allow="{CONTRACT["frame_allow"]}"]')
                await expect(page.locator(css)).to_have_count(1)
                frame = page.frame_locator(css)
                for name in about["names"].values():
                    await expect(frame.locator(f"[name={name}]")).to_have_count(1)
                for key, said in about.get("placeholders", {}).items():
                    field = frame.locator(f"[name={about['names'][key]}]")
                    await expect(field).to_have_attribute("placeholder", said)
                if kind == "payment":
                    for inside in CONTRACT["inside_payment"]:
                        await expect(frame.locator(inside)).to_have_count(1)
                await page.evaluate("kind => { window[kind].unmount(); }", kind)
        await page.evaluate("elements = undefined")
        await mount(page)
        await type_card(page, CHALLENGED)
        await page.evaluate("""secret => { window.done = stripe.confirmCardPayment(secret,
            { payment_method: { card } }, { handleActions: false }); }""", made["client_secret"])
        waits = await page.evaluate("done")
        assert waits["paymentIntent"]["status"] == "requires_action"
        await page.evaluate("secret => { window.done = stripe.handleCardAction(secret); }", made["client_secret"])
        for inside in CONTRACT["bank_page"]:
            await expect(bank(page).locator(inside).first).to_be_visible()
        names = await page.evaluate("[...document.querySelectorAll('iframe')].map((one) => one.name)")
        assert len(names) == len(set(names)) >= 3
        await bank(page).locator(CONTRACT["bank_page"][0]).click()
        assert (await page.evaluate("done"))["paymentIntent"]["status"] == "succeeded"
        again = await page.evaluate("secret => stripe.handleCardAction(secret)", made["client_secret"])
        assert again["error"]["code"] == "payment_intent_unexpected_state"
        await page.goto(session["url"])
        for inside in CONTRACT["hosted_page"]:
            await expect(page.locator(inside)).to_have_count(1)
    assert await status(shop, made["id"]) == "succeeded"


async def test_everything_else_of_the_official_surface_is_there_and_says_so(browser: Browser, shop: Shop,
                                                                            merchant: Merchant) -> None:
    names = json.loads((BROWSER / "src" / "data" / "methods.json").read_text())["unsupported"]
    async with visiting(browser) as page:
        await visit(page, merchant, shop.stack, "/surface")
        said = await page.evaluate("names => Promise.all(names.map((name) => stripe[name]()))", names)
        docs = f"{shop.stack.values['api_base']}/docs/card-fields"
        for name, answer in zip(names, said, strict=True):
            assert answer == {"error": {"type": "invalid_request_error", "message": f"stripe.{name} is not supported "
                                                                                    f"by Farthing; see {docs}"}}
        assert (await page.request.get(docs)).ok
        other = await page.evaluate("""async () => { stripe.registerAppInfo({ name: 'x' });
            stripe._registerWrapper({ name: 'x', version: '1', startTime: 1 });
            const group = stripe.elements({ mode: 'payment', amount: 2000, currency: 'usd' });
            const express = group.create('expressCheckout');
            const ready = new Promise((resolve) => express.on('ready', resolve)); express.mount('#card');
            return [await stripe.paymentRequest({}).canMakePayment(), await ready,
              document.querySelectorAll('#card iframe').length,
              (await stripe.createToken('bank_account', {})).error.type,
              (await stripe.createToken('pii', {})).error.type]; }""")
        assert other == [None, {"elementType": "expressCheckout", "availablePaymentMethods": None}, 0,
                         "invalid_request_error", "invalid_request_error"]
        failed = await page.evaluate("""() => new Promise((resolve) => { const group = stripe.elements({
            clientSecret: 'pi_none_secret_none' }); const one = group.create('payment'); one.on('loaderror', resolve);
            one.mount('#payment'); })""")
        assert failed["elementType"] == "payment"
        assert failed["error"]["type"] == "invalid_request_error"
        versioned = await page.evaluate("""key => { const other = Stripe(key, { apiVersion: '2025-03-31.basil',
            locale: 'xx' }); return other.retrievePaymentIntent('pi_none_secret_none'); }""",
                                        shop.stack.publishable_key)
        assert versioned["error"]["code"] == "resource_missing"
        session = await shop.session()
        await page.evaluate("id => { stripe.redirectToCheckout({ sessionId: id }); }", session["id"])
        await page.wait_for_url(f"{shop.pay_base}/c/{session['id']}")
        await visit(page, merchant, shop.stack, "/endive", "endive/stripe.js")
        removed = await page.evaluate("wrong(() => stripe.redirectToCheckout({ sessionId: 'cs_1' }))")
        assert removed.startswith("IntegrationError: stripe.redirectToCheckout() was removed in endive")
        assert "Use the expressCheckout element" in await page.evaluate(
            "wrong(() => stripe.elements().create('paymentRequestButton'))")
