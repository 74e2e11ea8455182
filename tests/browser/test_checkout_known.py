"""What is known of a customer is offered; addresses have the parts of their country; phone numbers are kept whole."""

from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.axe import sound
from tests.browser.checkout import BUTTON, fill, fits, thanked
from tests.browser.chromium import visiting
from tests.browser.shop import Shop
from tests.browser.test_checkout_asks import ADDRESS, ALL, PHONE, fill_card

HOME = {"name": "Ada Byron", "phone": "+442079460958", "email": "ada@example.com", "address[line1]": "1 High Street",
        "address[city]": "Hull", "address[postal_code]": "HU1 1AA", "address[country]": "GB",
        "shipping[name]": "Mary Shelley", "shipping[address][line1]": "1 Mill Lane",
        "shipping[address][city]": "Austin",
        "shipping[address][state]": "TX", "shipping[address][postal_code]": "73301", "shipping[address][country]": "US"}
EVERYWHERE = {f"shipping_address_collection[allowed_countries][{index}]": code
              for index, code in enumerate(("US", "CA", "DE", "GB", "JP", "SG", "AE"))}


async def customer(shop: Shop, *cards: str) -> str:
    made = (await shop.api("POST", "/v1/customers", HOME)).json()["id"]
    for card in cards:
        answer = await shop.api("POST", f"/v1/payment_methods/{card}/attach", {"customer": made})
        assert answer.status_code == 200, answer.text
    return str(made)


async def test_what_the_customer_is_known_by_stands_in_the_fields(browser: Browser, shop: Shop) -> None:
    known = await customer(shop)
    session = await shop.session(customer=known, **ALL, billing_address_collection="required")
    async with visiting(browser) as page:
        await page.goto(session["url"])
        for name, value in {"phone": "+442079460958", "shipping_name": "Mary Shelley", "shipping_line1": "1 Mill Lane",
                            "shipping_city": "Austin", "shipping_state": "TX", "shipping_postal_code": "73301",
                            "shipping_country": "US", "billingName": "Ada Byron", "email": "ada@example.com"}.items():
            await expect(page.locator(f"[name={name}]")).to_have_value(value)
    other = await shop.session(customer=known, billing_address_collection="required")
    async with visiting(browser) as page:
        await page.goto(other["url"])
        for name, value in {"billingCountry": "GB", "line1": "1 High Street", "city": "Hull",
                            "billingPostalCode": "HU1 1AA"}.items():
            await expect(page.locator(f"[name={name}]")).to_have_value(value)


@pytest.mark.parametrize("script", [True, False])
async def test_a_saved_card_pays_once(browser: Browser, shop: Shop, script: bool) -> None:
    session = await shop.session(customer=await customer(shop, "pm_card_mastercard", "pm_card_visa"))
    async with visiting(browser, java_script_enabled=script) as page:
        await page.goto(session["url"])
        await expect(page.get_by_role("radio", name="Visa ending in 4242")).to_be_checked()
        await page.get_by_role("radio", name="Mastercard ending in 4444").check()
        if script:
            await expect(page.locator("[name=cardNumber]")).to_be_hidden()
            await sound(page)
            await page.dblclick(BUTTON)
            await thanked(page)
        else:
            await page.get_by_role("button", name="Pay with this card").click()
            await page.get_by_role("button", name="Pay $20.00").click()
            await expect(page.get_by_role("heading", name="Payment complete")).to_be_visible()
    [charge] = await shop.charges(session["id"])
    assert charge["payment_method_details"]["card"]["last4"] == "4444"


async def test_another_card_than_the_saved_one_pays(browser: Browser, shop: Shop) -> None:
    bounds = {"line_items[0][adjustable_quantity][enabled]": "true"}
    session = await shop.session(customer=await customer(shop, "pm_card_visa"), **bounds)
    async with visiting(browser, viewport={"width": 375, "height": 700}) as page:
        await page.goto(session["url"])
        await page.get_by_role("radio", name="Another card").check()
        await page.click(".summary > summary")
        await page.get_by_role("button", name="One more").click()
        await expect(page.locator(BUTTON)).to_have_text("Pay $40.00")
        await expect(page.get_by_role("radio", name="Another card")).to_be_checked()
        await page.click(BUTTON)
        await expect(page.locator("#problem")).to_contain_text("Card number")
        await page.fill("[name=cardNumber]", "5555555555554444")
        await page.fill("[name=cardExpiry]", "12 / 34")
        await page.fill("[name=cardCvc]", "123")
        await page.select_option("[name=billingCountry]", "US")
        await page.fill("[name=billingPostalCode]", "10001")
        await fits(page, 375)
        await page.click(BUTTON)
        await thanked(page)
    [charge] = await shop.charges(session["id"])
    assert charge["payment_method_details"]["card"]["last4"] == "4444"


async def test_a_card_that_may_not_be_shown_again_is_not(browser: Browser, shop: Shop) -> None:
    known = await customer(shop)
    made = (await shop.api("POST", "/v1/payment_methods", {"type": "card", "card[token]": "tok_visa",
                                                           "allow_redisplay": "limited"})).json()["id"]
    await shop.api("POST", f"/v1/payment_methods/{made}/attach", {"customer": known})
    session = await shop.session(customer=known)
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await expect(page.locator("[name=cardNumber]")).to_be_visible()
        assert await page.locator("#saved").count() == 0


async def shipped(page: Page, country: str) -> dict[str, Any]:
    """The parts of the shipping address that are shown: their names, and how many choices the subdivision has."""
    await page.select_option("[name=shipping_country]", country)
    await page.wait_for_timeout(400)
    return dict(await page.evaluate("""() => Object.fromEntries(['city', 'state', 'postal_code']
        .map(name => document.getElementById('shipping_' + name)).filter(one => !one.hidden)
        .map(one => [one.getAttribute('aria-label'), one.options ? one.options.length > 5 : one.required]))"""))


async def test_an_address_has_the_parts_of_its_country(browser: Browser, shop: Shop) -> None:
    session = await shop.session(**EVERYWHERE)
    async with visiting(browser) as page:
        await page.goto(session["url"])
        for country, parts in {"US": {"City": True, "State": True, "ZIP code": True},
                               "CA": {"City": True, "Province": True, "Postal code": True},
                               "DE": {"City": True, "Postal code": False},
                               "GB": {"Town or city": True, "Postcode": True},
                               "JP": {"Prefecture": True, "Postal code": False},
                               "SG": {"Postal code": False}, "AE": {"Emirate": True}}.items():
            assert (country, await shipped(page, country)) == (country, parts)
            await sound(page)


@pytest.mark.parametrize(("name", "value", "message"), [
    ("shipping_state", "", "Choose the state to ship to."),
    ("shipping_postal_code", "123", "Check the ZIP code: it is not written as in this country.")])
async def test_an_address_without_its_state_or_with_an_odd_code_stops(browser: Browser, shop: Shop, name: str,
                                                                      value: str, message: str) -> None:
    session = await shop.session(**ADDRESS)
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await fill_card(page)
        await page.select_option("[name=shipping_country]", "US")
        for field, text in (("name", "Mary Shelley"), ("line1", "1 Mill Lane"), ("city", "Austin"),
                            ("postal_code", "73301")):
            await page.fill(f"[name=shipping_{field}]", text)
        await page.select_option("[name=shipping_state]", "TX")
        wrong = page.locator(f"[name={name}]")
        await (wrong.select_option(value) if name == "shipping_state" else wrong.fill(value))
        await page.click(BUTTON)
        await expect(page.locator("#shipping-error")).to_have_text(message)
        await expect(wrong).to_be_focused()
        await (wrong.select_option("TX") if name == "shipping_state" else wrong.fill("73301"))
        await expect(page.locator("#shipping-error")).to_have_text("")
        await page.click(BUTTON)
        await thanked(page)
    address = (await shop.look(session["id"]))["collected_information"]["shipping_details"]["address"]
    assert (address["state"], address["postal_code"], address["country"]) == ("TX", "73301", "US")


async def test_the_state_that_was_typed_stays_when_the_country_does(browser: Browser, shop: Shop) -> None:
    session = await shop.session(**EVERYWHERE)
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await page.select_option("[name=shipping_country]", "US")
        await page.select_option("[name=shipping_state]", "TX")
        await page.fill("[name=email]", "ada@example.com")
        await page.reload()
        await expect(page.locator("[name=shipping_state]")).to_have_value("TX")
        await page.get_by_role("button", name="Add address line 2").click()
        await expect(page.locator("[name=shipping_line2]")).to_be_focused()


@pytest.mark.parametrize(("country", "typed", "kept"), [
    ("GB", "020 7946 0958", "+442079460958"), ("US", "(201) 555-0123", "+12015550123"),
    ("US", "+49 30 901820", "+4930901820")])
async def test_a_phone_number_is_kept_as_the_world_dials_it(browser: Browser, shop: Shop, country: str, typed: str,
                                                            kept: str) -> None:
    session = await shop.session(**PHONE)
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await fill(page)
        await page.get_by_label("Country of the phone number").select_option(country)
        await page.fill("[name=phone]", "12")
        await page.click(BUTTON)
        await expect(page.locator("#phone-error")).to_contain_text("with its area code")
        await page.fill("[name=phone]", typed)
        await page.click(BUTTON)
        await thanked(page)
    assert (await shop.look(session["id"]))["customer_details"]["phone"] == kept
