"""What the hosted page asks beside the card: codes, delivery, phone, custom fields and consent, in a real browser."""

import asyncio
import json
import re
from typing import Any
from urllib.parse import parse_qsl

import pytest
from playwright.async_api import Browser, Page, Request, Route, expect

from tests.browser.checkout import BUTTON, field, fill, fits, reads_well, thanked, ways
from tests.browser.chromium import SCHEMES, visiting
from tests.browser.shop import Shop

TOTAL, CODE, PROGRESS = '[data-testid="total"]', "#promotion_code", "#progress"
CODES = {"allow_promotion_codes": "true"}
ADDRESS = {"shipping_address_collection[allowed_countries][0]": "DE",
           "shipping_address_collection[allowed_countries][1]": "US"}
CONSENT = {"consent_collection[terms_of_service]": "required", "consent_collection[promotions]": "auto"}
PHONE = {"phone_number_collection[enabled]": "true"}
FIELDS = {**field(0, "engraving", "text", **{"[minimum_length]": "3"}), **field(1, "pages", "numeric"),
          **field(2, "size", "dropdown", **{"[options][0][label]": "Small", "[options][0][value]": "s",
                                            "[options][1][label]": "Large", "[options][1][value]": "l"})}
WAYS = ways(("Standard", 500), ("Express", 1500))
ALL = {**CODES, **ADDRESS, **FIELDS, **CONSENT, **PHONE, **WAYS}


async def code(shop: Shop) -> str:
    """A new promotion code that takes off a quarter."""
    coupon = (await shop.api("POST", "/v1/coupons", {"percent_off": "25", "duration": "once"})).json()["id"]
    answer = await shop.api("POST", "/v1/promotion_codes", {"promotion[type]": "coupon", "promotion[coupon]": coupon})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["code"])


async def enter(page: Page, word: str) -> None:
    if not await page.locator(CODE).is_visible():
        await page.click(".code > summary")
    await page.fill(CODE, word)
    await page.press(CODE, "Enter")


async def fill_asked(page: Page) -> None:
    """Everything but the terms and the card."""
    for name, value in {"phone": "+1 201 555 0123", "shipping_name": "Mary Shelley", "shipping_line1": "1 Mill Lane",
                        "shipping_city": "Bath", "shipping_postal_code": "10001", "custom_engraving": "For Percy",
                        "custom_pages": "0120"}.items():
        await page.fill(f"[name={name}]", value)
    await page.select_option("[name=shipping_country]", "US")
    await page.focus("[name=shipping_state]")
    await page.keyboard.type("New York")  # in a list as in a line
    await page.select_option("[name=custom_size]", "l")


async def fill_card(page: Page) -> None:
    """The card, where the billing address is the one of the delivery."""
    for name, value in {"email": "ada@example.com", "cardNumber": "4242424242424242", "cardExpiry": "12 / 34",
                        "cardCvc": "123", "billingName": "Ada Byron"}.items():
        await page.fill(f"[name={name}]", value)


async def charged(shop: Shop, id: str, amount: int) -> dict[str, Any]:
    """The paid session: its total, its payment and its only charge are of this amount."""
    found, made = await shop.look(id), await shop.charges(id)
    intent = (await shop.api("GET", f"/v1/payment_intents/{found['payment_intent']}")).json()
    assert (found["status"], found["amount_total"], intent["amount"]) == ("complete", amount, amount)
    assert [one["amount"] for one in made] == [amount]
    return {**found, "intent": intent}


def answered(found: dict[str, Any]) -> dict[str, str | None]:
    return {one["key"]: one[one["type"]]["value"] for one in found["custom_fields"]}


def posts(page: Page, port: int) -> list[Request]:
    """The requests that the page will have posted to one of our processes."""
    sent: list[Request] = []
    page.on("request", lambda one: sent.append(one) if one.method == "POST" and f":{port}/" in one.url else None)
    return sent


async def test_a_code_is_applied_removed_and_paid(browser: Browser, shop: Shop) -> None:
    session, word = await shop.session(**CODES), await code(shop)
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await enter(page, word.lower())
        await expect(page.locator(TOTAL)).to_have_text("$15.00")
        await expect(page.locator(BUTTON)).to_have_text("Pay $15.00")
        await expect(page.locator(PROGRESS)).to_have_text("The total is now $15.00.")
        await expect(page.locator(".tag")).to_be_focused()  # beside the button: Enter again does nothing
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("button", name=f"Remove promotion code {word}")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.locator(TOTAL)).to_have_text("$20.00")
        await expect(page.locator(BUTTON)).to_have_text("Pay $20.00")
        await expect(page.locator(PROGRESS)).to_have_text("The total is now $20.00.")
        await expect(page.locator(".code > summary")).to_be_focused()
        await enter(page, word)
        await expect(page.locator(BUTTON)).to_have_text("Pay $15.00")
        await fill(page)
        await page.click(BUTTON)
        await thanked(page)
    found = await charged(shop, session["id"], 1500)
    assert found["total_details"]["amount_discount"] == 500


async def test_a_wrong_code_is_told_at_its_field_and_changes_nothing(browser: Browser, shop: Shop) -> None:
    session = await shop.session(**CODES)
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await page.fill("[name=email]", "ada@example.com")
        await page.click(".code > summary")
        await page.fill(CODE, "WRONG")
        await page.get_by_role("button", name="Apply").click()
        await expect(page.locator("#code-error")).to_have_text("This code is not valid for this order.")
        await expect(page.locator(CODE)).to_be_focused()
        await expect(page.locator(CODE)).to_have_value("WRONG")
        await expect(page.locator(CODE)).to_have_accessible_description("This code is not valid for this order.")
        await expect(page.locator(CODE)).to_have_attribute("aria-invalid", "true")
        await expect(page.locator(BUTTON)).to_have_text("Pay $20.00")
        await expect(page.locator(PROGRESS)).to_have_text("")
        await expect(page.locator("[name=email]")).to_have_value("ada@example.com")
    assert (await shop.look(session["id"]))["amount_total"] == 2000


async def test_another_way_of_shipping_is_charged(browser: Browser, shop: Shop) -> None:
    session = await shop.session(**WAYS)
    async with visiting(browser, viewport={"width": 375, "height": 700}) as page:
        await page.goto(session["url"])
        await expect(page.locator(BUTTON)).to_have_text("Pay $25.00")
        await page.get_by_role("radio", name="Express").check()
        await expect(page.locator(TOTAL)).to_have_text("$35.00")
        await expect(page.locator(BUTTON)).to_have_text("Pay $35.00")
        await expect(page.locator(PROGRESS)).to_have_text("The total is now $35.00.")
        await expect(page.locator(".summary > .totals")).to_be_hidden()  # it was closed, and nothing jumps
        await page.click(".summary > summary")
        await page.get_by_role("radio", name="Standard").check()
        await expect(page.locator('[data-testid="shipping"]')).to_have_text("$5.00")
        await expect(page.locator(".summary > .totals")).to_be_visible()
        await page.get_by_role("radio", name="Express").check()
        await expect(page.locator(BUTTON)).to_have_text("Pay $35.00")
        await fill(page)
        await page.click(BUTTON)
        await thanked(page)
    found = await charged(shop, session["id"], 3500)
    assert found["shipping_cost"]["amount_total"] == 1500


async def test_the_last_of_quick_choices_counts(browser: Browser, shop: Shop) -> None:
    session = await shop.session(**ways(("One", 100), ("Two", 200), ("Three", 300), ("Four", 400)))

    async def slowly(route: Route) -> None:
        await asyncio.sleep(0.2)
        await route.continue_()

    async with visiting(browser) as page:
        await page.goto(session["url"])
        await page.route("**/order", slowly)
        await page.get_by_role("radio", name="One").focus()
        for _ in range(3):
            await page.keyboard.press("ArrowDown")
        await expect(page.locator(BUTTON)).to_have_text("Pay $24.00")
        await expect(page.get_by_role("radio", name="Four")).to_be_checked()
        await expect(page.get_by_role("radio", name="Four")).to_be_focused()
    assert (await shop.look(session["id"]))["amount_total"] == 2400


@pytest.mark.parametrize("status", [0, 503])
async def test_an_order_that_could_not_be_changed_says_so(browser: Browser, shop: Shop, status: int) -> None:
    session = await shop.session(**WAYS, **CODES)
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await page.route("**/order", lambda route: route.fulfill(status=status, body="<p>Down</p>") if status
                         else route.abort())
        await page.get_by_role("radio", name="Express").click()
        await expect(page.locator("#ways-error")).to_contain_text("your order is as it was")
        await expect(page.get_by_role("radio", name="Standard")).to_be_checked()
        await enter(page, "SPRING")
        await expect(page.locator("#code-error")).to_contain_text("your order is as it was")
        await expect(page.locator(CODE)).to_have_value("SPRING")
        await expect(page.locator(BUTTON)).to_have_text("Pay $25.00")


async def test_billing_is_as_shipping_unless_unticked(browser: Browser, shop: Shop) -> None:
    session = await shop.session(**ADDRESS, billing_address_collection="required")
    async with visiting(browser) as page:
        await page.goto(session["url"])
        same = page.get_by_label("Billing address is the same as shipping")
        await expect(same).to_be_checked()
        await expect(page.locator("[name=line1]")).to_be_hidden()
        await page.fill("[name=shipping_name]", "Mary Shelley")
        await page.fill("[name=shipping_line1]", "Am Markt 1")
        await page.fill("[name=shipping_city]", "Jena")
        await page.select_option("[name=shipping_country]", "DE")
        for _ in range(2):  # the second time there is something that was copied
            await same.set_checked(True)
            await same.set_checked(False)
        await expect(page.locator("[name=line1]")).to_be_visible()
        await expect(page.locator("[name=line1]")).to_have_value("")
        await fill(page)
        await page.fill("[name=line1]", "2 Broadway")
        await page.fill("[name=city]", "New York")
        await page.select_option("[name=state]", "NY")
        await page.click(BUTTON)
        await thanked(page)
    found = await charged(shop, session["id"], 2000)
    shipped = found["intent"]["shipping"]
    assert (shipped["name"], shipped["address"]["line1"], shipped["address"]["country"]) == (
        "Mary Shelley", "Am Markt 1", "DE")
    assert found["collected_information"]["shipping_details"]["address"]["city"] == "Jena"
    billed = found["customer_details"]["address"]
    assert (billed["line1"], billed["country"], billed["postal_code"]) == ("2 Broadway", "US", "10001")


async def test_empty_fields_are_told_at_their_places_and_nothing_is_sent(browser: Browser, shop: Shop) -> None:
    session = await shop.session(**ALL)
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await fill_card(page)
        sent = posts(page, shop.stack.vault_port)
        await page.click(BUTTON)
        await expect(page.locator("[name=phone]")).to_be_focused()
        for name, message in (("phone", "Enter a phone number."),
                              ("shipping_name", "Enter the name of whoever receives it."),
                              ("shipping_line1", "Enter an address to ship to."),
                              ("custom_engraving", "Fill in this field."),
                              ("custom_size", "Choose one of the options."),
                              ("terms_of_service", "Tick this box to go on.")):
            await expect(page.locator(f"[name={name}]")).to_have_attribute("aria-invalid", "true")
            await expect(page.locator(f"[name={name}]")).to_have_accessible_description(message)
        await expect(page.locator("[name=promotions]")).not_to_have_attribute("aria-invalid", "true")
        await fill_asked(page)
        await page.check("[name=terms_of_service]")
        await expect(page.locator("[name][aria-invalid]")).to_have_count(0)
        await expect(page.locator(".error:not(:empty)")).to_have_count(0)
        assert sent == []


@pytest.mark.parametrize(("name", "wrong", "message", "right"), [
    ("custom_pages", "12a", "Use digits only.", "12"), ("custom_engraving", "ab", "Use at least 3 characters.", "abc"),
    ("phone", "call me", "Enter a phone number with its area code.", "(201) 555-0123"),
    ("shipping_postal_code", "", "Enter the ZIP code to ship to.", "10001")])
async def test_a_wrong_value_stops_the_payment_until_it_is_mended(browser: Browser, shop: Shop, name: str, wrong: str,
                                                                  message: str, right: str) -> None:
    session = await shop.session(**ALL)
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await fill_card(page)
        await fill_asked(page)
        await page.check("[name=terms_of_service]")
        await page.fill(f"[name={name}]", wrong)
        sent = posts(page, shop.stack.vault_port)
        await page.click(BUTTON)
        await expect(page.locator(f"[name={name}]")).to_be_focused()
        await expect(page.locator(f"[name={name}]")).to_have_accessible_description(message)
        assert sent == []
        await page.fill(f"[name={name}]", right)
        await expect(page.locator(".error:not(:empty)")).to_have_count(0)
        await page.press(f"[name={name}]", "Enter")
        await thanked(page)
        assert len(sent) == 1


async def test_the_answers_reach_the_merchant_and_only_the_card_the_vault(browser: Browser, shop: Shop) -> None:
    session = await shop.session(**ALL)
    async with visiting(browser) as page:
        vault, web = posts(page, shop.stack.vault_port), posts(page, shop.stack.port)
        await page.goto(session["url"])
        await fill_card(page)
        await fill_asked(page)
        await page.check("[name=terms_of_service]")
        await page.check("[name=promotions]")
        await page.click(BUTTON)
        await thanked(page)
        [card], [paid] = [one.post_data or "" for one in vault], [one.post_data or "" for one in web]
    given = dict(parse_qsl(card))
    digits = {re.sub(r"\D", "", value) for value in given.values()}
    assert "4242424242424242" in digits
    assert not {"12015550123", "2015550123", "0120"} & digits
    assert not [typed for typed in ("Shelley", "Mill Lane", "For Percy", "custom_", "phone", "shipping", "promotions",
                                    "terms_of_service") if typed in card]
    assert json.loads(paid)["custom_pages"] == "0120"
    assert "4242" not in paid
    assert "4242424242424242" not in shop.stack.log("web")
    found = await charged(shop, session["id"], 2500)
    assert answered(found) == {"engraving": "For Percy", "pages": "0120", "size": "l"}
    assert found["consent"] == {"promotions": "opt_in", "terms_of_service": "accepted"}
    assert found["customer_details"]["phone"] == "+12015550123"
    assert found["customer_details"]["address"]["postal_code"] == "10001"


async def tab_to(page: Page, selector: str) -> None:
    """Forward by the Tab key alone."""
    for _ in range(40):
        await page.keyboard.press("Tab")
        if await page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"the Tab key does not reach {selector}")


async def test_the_keyboard_alone_pays_an_order_that_asks_everything(browser: Browser, shop: Shop) -> None:
    session, word = await shop.session(**ALL), await code(shop)
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await tab_to(page, ".code > summary")
        await page.keyboard.press("Enter")
        await tab_to(page, CODE)
        await page.keyboard.type(word)
        await page.keyboard.press("Enter")
        await expect(page.locator(".tag")).to_be_focused()
        for name, typed in (("email", "ada@example.com"), ("phone", "+12015550123"), ("shipping_name", "Mary Shelley"),
                            ("shipping_country", "United States"), ("shipping_line1", "1 Mill Lane"),
                            ("shipping_city", "Bath"), ("shipping_state", "New York"),
                            ("shipping_postal_code", "10001")):
            await tab_to(page, f"[name={name}]")
            await page.keyboard.type(typed)
        await tab_to(page, "[name=shipping_rate]")
        await page.keyboard.press("ArrowDown")
        await expect(page.locator(BUTTON)).to_have_text("Pay $30.00")
        for name, typed in (("cardNumber", "4242424242424242"), ("cardExpiry", "1234"), ("cardCvc", "123"),
                            ("billingName", "Ada Byron"), ("custom_engraving", "For Percy"), ("custom_pages", "12"),
                            ("custom_size", "Large"), ("terms_of_service", " ")):
            await tab_to(page, f"[name={name}]")
            await page.keyboard.type(typed)
        await tab_to(page, "#submit")
        await page.keyboard.press("Enter")
        await thanked(page)
    found = await charged(shop, session["id"], 3000)
    assert answered(found) == {"engraving": "For Percy", "pages": "12", "size": "l"}
    assert found["consent"]["promotions"] == "opt_out"


async def test_an_order_that_asks_everything_is_paid_without_javascript(browser: Browser, shop: Shop) -> None:
    session, word = await shop.session(**ALL, billing_address_collection="required"), await code(shop)
    async with visiting(browser, java_script_enabled=False) as page:
        await page.goto(session["url"])
        await expect(page.locator("[name=phone], [name=shipping_line1], [name=custom_size]").first).to_be_hidden()
        await enter(page, "WRONG")
        await expect(page.locator("#code-error")).to_have_text("This code is not valid for this order.")
        await page.fill(CODE, word)
        await page.get_by_role("button", name="Apply").click()
        await expect(page.locator(BUTTON)).to_have_text("Pay $20.00")
        await page.get_by_role("radio", name="Express").check()
        await page.get_by_role("button", name="Use this method").click()
        await expect(page.get_by_role("radio", name="Express")).to_be_checked()
        await expect(page.locator(BUTTON)).to_have_text("Pay $30.00")
        await fill(page)
        await page.click(BUTTON)
        await expect(page.locator("[name=shipping_country]")).to_have_value("")
        await fill_asked(page)
        await page.fill("[name=line1]", "2 Broadway")
        await page.fill("[name=city]", "New York")
        await page.fill("[name=state]", "new york")
        await page.eval_on_selector("[name=terms_of_service]", "box => box.required = false")
        await page.get_by_role("button", name="Pay $30.00").click()
        await expect(page.get_by_role("alert")).to_contain_text("Agree to the terms to go on.")
        assert await shop.charges(session["id"]) == []
        for name, kept in (("phone", "+1 201 555 0123"), ("shipping_line1", "1 Mill Lane"), ("shipping_country", "US"),
                           ("custom_size", "l"), ("line1", "2 Broadway")):
            await expect(page.locator(f"[name={name}]")).to_have_value(kept)
        await page.check("[name=terms_of_service]")
        await page.get_by_role("button", name="Pay $30.00").click()
        await expect(page.get_by_role("heading", name="Payment complete")).to_be_visible()
    found = await charged(shop, session["id"], 3000)
    assert answered(found) == {"engraving": "For Percy", "pages": "0120", "size": "l"}
    assert found["intent"]["shipping"]["address"]["line1"] == "1 Mill Lane"
    assert found["customer_details"]["address"]["line1"] == "2 Broadway"


async def test_an_order_changed_in_another_tab_is_shown_before_it_is_paid(browser: Browser, shop: Shop) -> None:
    session, word = await shop.session(**CODES, **WAYS), await code(shop)
    async with visiting(browser) as page, visiting(browser) as other:
        await page.goto(session["url"])
        await fill(page)
        await other.goto(session["url"])
        await enter(other, word)
        await other.get_by_role("radio", name="Express").check()
        await expect(other.locator(BUTTON)).to_have_text("Pay $30.00")
        await page.click(BUTTON)
        await expect(page.locator("#problem")).to_contain_text("The total of this order has changed")
        await expect(page.locator(BUTTON)).to_have_text("Pay $30.00")
        await expect(page.locator(TOTAL)).to_have_text("$30.00")
        await expect(page.get_by_role("radio", name="Express")).to_be_checked()
        await expect(page.locator("#problem")).to_be_focused()
        await expect(page.locator("[name=cardNumber]")).to_have_value("4242 4242 4242 4242")
        assert await shop.charges(session["id"]) == []
        await page.click(BUTTON)
        await thanked(page)
    await charged(shop, session["id"], 3000)


@pytest.mark.parametrize("width", [320, 375, 1280])
async def test_long_words_of_the_seller_fit_and_read_well(browser: Browser, shop: Shop, width: int) -> None:
    told = {f"custom_text[{name}][message]": "Wordswithoutend" * 80
            for name in ("submit", "after_submit", "shipping_address", "terms_of_service_acceptance")}
    asks = {**ALL, **ways(("W" * 100, 12_345_670), ("Free of charge", 0), currency="kwd"), **told,
            "custom_fields[1][label][custom]": "W" * 50}
    word = await code(shop)
    async with visiting(browser, viewport={"width": width, "height": 700}) as page:
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme)
            await page.goto((await shop.session(68_000_000, "kwd", **asks))["url"])
            if width < 992:
                await page.click(".summary > summary")
            await reads_well(page)
            await enter(page, word)
            await expect(page.locator(".tag")).to_be_focused()
            await page.click(BUTTON)
            await fits(page, width)
            await reads_well(page)
