"""What the checkout page says when something is wrong: the true sentence, at its place, for as long as it is true."""

import re

from playwright.async_api import Browser, Page, expect

from tests.browser.axe import sound, sound_in_every_look
from tests.browser.checkout import BUTTON, fill, thanked
from tests.browser.chromium import visiting
from tests.browser.shop import Shop
from tests.browser.test_checkout_asks import ALL, PHONE, fill_asked, fill_card
from tests.browser.test_checkout_page import bank

PROBLEM = "#problem"
CHALLENGED = "4000002760003184"


async def sold_once(shop: Shop) -> str:
    """The address of a payment link that sells one thing once."""
    price = (await shop.api("POST", "/v1/prices", {"currency": "usd", "unit_amount": "2000",
                                                   "product_data[name]": "Field notebook"})).json()["id"]
    made = (await shop.api("POST", "/v1/payment_links", {
        "line_items[0][price]": price, "line_items[0][quantity]": "1",
        "restrictions[completed_sessions][limit]": "1"})).json()
    return str(made["url"])


async def test_offline_is_not_our_fault_and_our_fault_is_not_the_line(browser: Browser, shop: Shop) -> None:
    session = await shop.session()
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await fill(page)
        await page.context.set_offline(True)
        await page.click(BUTTON)
        await expect(page.locator(PROBLEM)).to_contain_text("You are offline")
        await expect(page.locator(PROBLEM)).not_to_contain_text("on our side")
        await page.context.set_offline(False)
        await page.route("**/pay", lambda route: route.fulfill(status=503, body="<p>Down</p>"))
        await page.click(BUTTON)
        await expect(page.locator(PROBLEM)).to_contain_text("Something went wrong on our side")
        await expect(page.locator(PROBLEM)).not_to_contain_text("your connection")
        await page.unroute("**/pay")
        await page.route("**/pay", lambda route: route.abort())
        await page.click(BUTTON)
        await expect(page.locator(PROBLEM)).to_contain_text("No connection")
        await page.unroute("**/pay")
        await page.click(BUTTON)
        await thanked(page)
    assert len(await shop.charges(session["id"])) == 1


async def test_a_check_that_waits_has_not_failed(browser: Browser, shop: Shop) -> None:
    session = await shop.session()
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await fill(page, CHALLENGED)
        await page.click(BUTTON)
        await bank(page).locator("#test-source-authorize-3ds").wait_for()
        await page.reload()
        await expect(page.locator(PROBLEM)).to_contain_text("Your bank’s check is not finished")
        await expect(page.locator(PROBLEM)).not_to_contain_text("did not go through")
        await sound(page)


async def test_the_last_one_that_was_sold_meanwhile_is_sold_out(browser: Browser, shop: Shop) -> None:
    url = await sold_once(shop)
    async with visiting(browser) as late, visiting(browser) as first:
        await late.goto(url)
        await fill(late)
        await first.goto(url)
        await fill(first)
        await first.click(BUTTON)
        await expect(first.get_by_role("heading", name="Payment complete")).to_be_visible()
        await late.click(BUTTON)
        await expect(late.locator(PROBLEM)).to_contain_text("was sold while this page was open")
        await expect(late.locator(PROBLEM)).not_to_contain_text("try again")
        await late.reload()
        await expect(late.get_by_role("heading", name="Sold out")).to_be_visible()
        await sound(late)


async def test_the_last_one_that_somebody_is_paying_for_may_become_free(browser: Browser, shop: Shop) -> None:
    url = await sold_once(shop)
    async with visiting(browser) as late, visiting(browser) as first:
        await late.goto(url)
        await fill(late)
        await first.goto(url)
        await fill(first, CHALLENGED)
        await first.click(BUTTON)
        await bank(first).locator("#test-source-fail-3ds").wait_for()
        await late.click(BUTTON)
        await expect(late.locator(PROBLEM)).to_contain_text("If they do not finish, it becomes free again")
        await late.reload()
        await expect(late.locator(BUTTON)).to_be_visible()


async def test_the_list_of_what_is_wrong_names_the_fields_and_shrinks(browser: Browser, shop: Shop) -> None:
    session = await shop.session()
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await fill(page)
        await page.fill("[name=email]", "ada")
        await page.fill("[name=cardCvc]", "1")
        await page.fill("[name=billingName]", "")
        await page.click(BUTTON)
        links = page.locator(f"{PROBLEM} a")
        await expect(links).to_have_text(["Email: Enter an email address such as name@example.com.",
                                          "Security code: Your card’s security code is incomplete.",
                                          "Name on card: Enter the name as it stands on the card."])
        await sound(page)
        await links.nth(2).click()
        await expect(page.locator("[name=billingName]")).to_be_focused()
        await page.keyboard.type("Ada Byron")
        await expect(links).to_have_count(2)
        await page.fill("[name=email]", "ada@example.com")
        await page.fill("[name=cardCvc]", "123")
        await expect(page.locator(PROBLEM)).to_be_empty()
        await page.click(BUTTON)
        await thanked(page)


async def test_a_refusal_of_one_field_goes_when_the_field_changes(browser: Browser, shop: Shop) -> None:
    session = await shop.session(**PHONE)
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await fill(page)
        await page.fill("[name=phone]", "555-0123")  # only the server knows that its area code is missing
        await page.click(BUTTON)
        await expect(page.locator(PROBLEM)).to_contain_text("with its area code, and choose its country")
        await expect(page.locator("[name=phone]")).to_be_focused()
        await expect(page.locator("[name=phone]")).to_have_attribute("aria-invalid", "true")
        await page.fill("[name=phone]", "(201) 555-0123")
        await expect(page.locator(PROBLEM)).to_be_empty()
        await page.click(BUTTON)
        await thanked(page)


async def test_an_email_that_cannot_be_changed_looks_and_says_so(browser: Browser, shop: Shop) -> None:
    customer = (await shop.api("POST", "/v1/customers", {"email": "known@example.com"})).json()["id"]
    session = await shop.session(customer=customer)
    async with visiting(browser) as page:
        await page.goto(session["url"])
        email = page.locator("[name=email]")
        await expect(email).to_have_accessible_description(re.compile("knows you by this address, so it cannot be "
                                                                      "changed here"))
        colours = await page.evaluate("""() => ['email', 'billingName'].map(name =>
            getComputedStyle(document.querySelector(`[name=${name}]`)).backgroundColor)""")
        assert colours[0] != colours[1]
        await sound(page)


async def test_a_reload_keeps_what_was_typed_and_nothing_of_the_card(browser: Browser, shop: Shop) -> None:
    session = await shop.session(**ALL, billing_address_collection="required")
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await fill_card(page)
        await fill_asked(page)
        await page.uncheck("#same")
        await page.select_option("[name=billingCountry]", "GB")
        await page.fill("[name=line1]", "2 Broadway")
        await page.check("[name=promotions]")
        await page.reload()
        for name, value in {"email": "ada@example.com", "billingName": "Ada Byron", "line1": "2 Broadway",
                            "shipping_name": "Mary Shelley", "shipping_country": "US", "shipping_line1": "1 Mill Lane",
                            "custom_engraving": "For Percy", "custom_size": "l", "billingCountry": "GB",
                            "cardNumber": "", "cardExpiry": "", "cardCvc": ""}.items():
            await expect(page.locator(f"[name={name}]")).to_have_value(value)
        await expect(page.locator("[name=promotions]")).to_be_checked()
        await expect(page.locator("[name=terms_of_service]")).not_to_be_checked()
        await expect(page.locator("#same")).not_to_be_checked()


async def stored(page: Page) -> str:
    return str(await page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}])"))


async def test_no_storage_of_the_browser_ever_holds_a_card(browser: Browser, shop: Shop) -> None:
    session = await shop.session(**ALL)
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await fill_card(page)
        await fill_asked(page)
        await page.fill("[name=custom_engraving]", "4242 4242 4242 4242")  # in the wrong field
        kept = await stored(page)
        assert "Mary Shelley" in kept
        assert not [secret for secret in ("4242", "12 / 34", '"123"', "card", "token") if secret in kept]
        await page.fill("[name=custom_engraving]", "For Percy")
        await page.check("[name=terms_of_service]")
        await page.click(BUTTON)
        await thanked(page)
        await page.goto(session["url"])
        assert await stored(page) == "[{},{}]"


async def test_checkout_breaks_no_rule_of_accessibility(browser: Browser, shop: Shop) -> None:
    session = await shop.session(**ALL, billing_address_collection="required")
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await sound_in_every_look(page)
        await page.click(BUTTON)
        await sound_in_every_look(page)
        await page.goto(f"{shop.pay_base}/c/cs_test_nothing")
        await sound_in_every_look(page)


async def test_the_pages_that_only_tell_break_no_rule_of_accessibility(browser: Browser, shop: Shop) -> None:
    session, ended = await shop.session(), await shop.session()
    await shop.pay(session["id"], await shop.token(session["id"]))
    await shop.api("POST", f"/v1/checkout/sessions/{ended['id']}/expire")
    async with visiting(browser) as page:
        for one in (session, ended):
            await page.goto(one["url"])
            await expect(page.locator(".testbar")).to_be_visible()
            await sound(page)
    async with visiting(browser, java_script_enabled=True) as page:
        other = await shop.session(**ALL)
        token = await shop.token(other["id"])
        await page.goto(f"{shop.pay_base}/c/{other['id']}/pay?payment_method={token}")
        await expect(page.get_by_role("heading", name="One last step")).to_be_visible()
        await sound(page)


async def test_the_bank_says_that_saving_a_card_costs_nothing(browser: Browser, shop: Shop) -> None:
    made = (await shop.api("POST", "/v1/checkout/sessions", {"mode": "setup", "success_url": shop.thanks})).json()
    async with visiting(browser) as page:
        await page.goto(made["url"])
        await fill(page, CHALLENGED)
        await page.click(BUTTON)
        await expect(bank(page).locator("dl")).to_contain_text("Nothing is charged now")
        await expect(bank(page).locator("dl")).not_to_contain_text("0.00")
        again = bank(page).get_by_role("button", name="Resend code")
        for _ in range(3):
            await again.click()
            await expect(bank(page).locator("#notice")).to_contain_text("new code")
        await expect(again).to_be_disabled()
        await expect(again).to_have_accessible_description("No more codes can be sent for this card. Use the last one, "
                                                           "or cancel.")
