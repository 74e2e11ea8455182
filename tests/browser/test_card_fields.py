"""Card frames on a merchant's own page: every way to pay with them, what the page is told, and what it never sees."""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.chromium import visiting
from tests.browser.fields import (
    CARD,
    CHALLENGED,
    CVC,
    DECLINED,
    EXPIRY,
    NUMBER,
    PAYMENT,
    VISA,
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
from tests.readers import blocks
from tests.stack import ROOT

OURS = {"shop.localhost", "js.localhost", "localhost", "pay.localhost", "bank.localhost"}
MARKER, CODE = "4000007840000001", "731"
"""A card that is approved, and whose digits are looked for."""


@pytest.fixture(scope="module")
def merchant() -> Iterator[Merchant]:
    with selling() as made:
        yield made


async def test_a_card_element_pays_and_the_page_never_hears_the_number(browser: Browser, shop: Shop,
                                                                       merchant: Merchant) -> None:
    made, sent = await intent(shop), []
    async with visiting(browser) as page:
        page.on("request", lambda request: sent.append((request.url, request.post_data or "")))
        hosts = await visit(page, merchant, shop.stack)
        await mount(page)
        await expect(page.locator("#card")).to_have_class(re.compile(r"\bStripeElement StripeElement--empty\b"))
        await page.click("#label")
        await expect(page.locator("#card")).to_have_class(re.compile(r"StripeElement--focus"))
        frame = page.frame_locator(CARD)
        await expect(frame.locator("[name=cardnumber]")).to_be_focused()
        await page.keyboard.type(MARKER + "1234" + CODE)
        await expect(frame.locator("[name=cardnumber]")).to_have_value("4000 0078 4000 0001")
        await expect(frame.locator("[name=exp-date]")).to_have_value("12 / 34")
        await frame.locator("[name=postal]").fill("10001")
        await expect(page.locator("#card")).to_have_class(re.compile(r"StripeElement--complete"))
        found = await page.evaluate("""secret => stripe.confirmCardPayment(secret, { payment_method: { card,
            billing_details: { name: 'Ada Byron' } } })""", made["client_secret"])
        assert found["paymentIntent"]["status"] == "succeeded", found
        events = await page.evaluate("events")
        heard = await page.evaluate("heard")
        cookies = await page.context.cookies()
    names = [name for name, _ in events]
    assert names[0] == "ready"
    assert {"focus", "change"} <= set(names)
    last = [event for name, event in events if name == "change"][-1]
    assert last == {"elementType": "card", "empty": False, "complete": True, "brand": "visa",
                    "value": {"postalCode": "10001"}} | ({"error": None} if "error" in last else {})
    assert len(heard) > 5
    told = re.sub(r"\D", "", json.dumps(heard)), json.dumps(heard)
    assert MARKER not in told[0]
    assert not re.search(rf"(cvc|cvv)\W{{1,8}}{CODE}", told[1])
    assert [url for url, body in sent if MARKER in url + body] == [
        f"{shop.stack.values['elements_url']}/v1/payment_methods"]
    assert hosts <= OURS
    assert cookies == []
    paid = (await shop.api("GET", f"/v1/charges?payment_intent={made['id']}")).json()["data"][0]
    assert paid["billing_details"]["name"] == "Ada Byron"
    assert paid["billing_details"]["address"]["postal_code"] == "10001"


async def test_a_decline_resolves_as_an_error_and_another_card_pays(browser: Browser, shop: Shop,
                                                                    merchant: Merchant) -> None:
    made = await intent(shop)
    async with visiting(browser) as page:
        await visit(page, merchant, shop.stack)
        await mount(page)
        await type_card(page, DECLINED)
        confirm = "secret => stripe.confirmCardPayment(secret, { payment_method: { card } })"
        found = await page.evaluate(confirm, made["client_secret"])
        assert found["error"]["type"] == "card_error"
        assert found["error"]["code"] == "card_declined"
        assert found["error"]["payment_intent"]["id"] == made["id"]
        assert await page.frame_locator(CARD).locator("[name=cvc]").input_value() == "123"
        await type_card(page)
        found = await page.evaluate(confirm, made["client_secret"])
        assert found["paymentIntent"]["status"] == "succeeded"
        again = await page.evaluate(confirm, made["client_secret"])
        assert again["error"]["code"] == "payment_intent_unexpected_state"
    assert await status(shop, made["id"]) == "succeeded"


@pytest.mark.parametrize("way", ["passes", "fails", "is closed", "is escaped"])
async def test_the_banks_check_stands_over_the_shop(browser: Browser, shop: Shop, merchant: Merchant, way: str) -> None:
    made = await intent(shop)
    async with visiting(browser) as page:
        await visit(page, merchant, shop.stack)
        await mount(page)
        await type_card(page, CHALLENGED)
        await page.evaluate("""secret => { window.done = stripe.confirmCardPayment(secret,
            { payment_method: { card } }); }""", made["client_secret"])
        authorize = bank(page).locator("#test-source-authorize-3ds")
        await authorize.wait_for()
        if way == "passes":
            await authorize.click()
        elif way == "fails":
            await bank(page).locator("#test-source-fail-3ds").click()
        elif way == "is closed":
            await page.frame_locator("iframe[title='Secure authentication frame']").locator(".close").click()
        else:
            await page.frame_locator("iframe[title='Secure authentication frame']").locator(".close").press("Escape")
        found = await page.evaluate("done")
        await expect(page.locator("iframe[title='Secure authentication frame']")).to_have_count(0)
    if way == "passes":
        assert found["paymentIntent"]["status"] == "succeeded"
        assert await status(shop, made["id"]) == "succeeded"
    else:
        assert found["error"]["code"] == "payment_intent_authentication_failure", found
        assert await status(shop, made["id"]) == "requires_payment_method"


async def test_separate_fields_make_methods_and_tokens(browser: Browser, shop: Shop, merchant: Merchant) -> None:
    async with visiting(browser) as page:
        hosts = await visit(page, merchant, shop.stack)
        await mount(page, "cardNumber", "#number")
        await mount(page, "cardExpiry", "#expiry")
        await mount(page, "cardCvc", "#cvc")
        await page.frame_locator(NUMBER).locator("[name=cardnumber]").fill("378282246310005")
        await page.frame_locator(EXPIRY).locator("[name=exp-date]").fill("2034-12")
        code = page.frame_locator(CVC).locator("[name=cvc]")
        await code.fill("12345")
        await expect(code).to_have_value("1234")  # the other frame has said which brand it is
        found = await page.evaluate("stripe.createPaymentMethod({ type: 'card', card: cardNumber })")
        assert found["paymentMethod"]["card"]["brand"] == "amex"
        assert found["paymentMethod"]["card"]["last4"] == "0005"
        token = await page.evaluate("stripe.createToken(cardNumber, { name: 'Ada Byron' })")
        assert token["token"]["card"]["name"] == "Ada Byron"
        await code.fill("12")
        short = await page.evaluate("stripe.createPaymentMethod({ type: 'card', card: cardNumber })")
        assert short["error"] == {"type": "validation_error", "code": "incomplete_cvc",
                                  "message": "Your card's security code is incomplete."}
        await expect(page.locator("#cvc")).to_have_class(re.compile("StripeElement--invalid"))
    assert hosts <= OURS


async def test_a_payment_element_pays_in_place_or_leads_on(browser: Browser, shop: Shop, merchant: Merchant) -> None:
    made, second = await intent(shop), await intent(shop)
    back = merchant.put("/thanks", "<p>Thanks</p>")
    async with visiting(browser) as page:
        await visit(page, merchant, shop.stack)
        await mount(page, "payment", "#payment", group={"clientSecret": made["client_secret"]})
        early = await page.evaluate("elements.submit()")
        assert early["error"]["code"] == "incomplete_number"
        await expect(page.frame_locator(PAYMENT).locator("#Field-numberInput-error")).to_have_text(
            "Your card number is incomplete.")
        await type_payment(page)
        found = await page.evaluate("stripe.confirmPayment({ elements, redirect: 'if_required' })")
        assert found["paymentIntent"]["status"] == "succeeded", found
        await page.evaluate("() => { payment.destroy(); payment.destroy(); elements = undefined; }")
        await mount(page, "payment", "#payment", group={"clientSecret": second["client_secret"]})
        await type_payment(page, CHALLENGED)
        await page.evaluate("""return_url => {
            stripe.confirmPayment({ elements, confirmParams: { return_url } }); }""", back)
        await bank(page).locator("#test-source-authorize-3ds").click()
        await page.wait_for_url("**/thanks?*")
        assert f"payment_intent={second['id']}" in page.url
        assert f"payment_intent_client_secret={second['client_secret']}" in page.url
        assert "redirect_status=succeeded" in page.url
    assert await status(shop, second["id"]) == "succeeded"


async def test_what_was_said_before_there_was_an_intent_must_be_true_of_it(browser: Browser, shop: Shop,
                                                                           merchant: Merchant) -> None:
    made = await intent(shop, 2500)
    confirm = "secret => stripe.confirmPayment({ elements, clientSecret: secret, redirect: 'if_required' })"
    async with visiting(browser) as page:
        await visit(page, merchant, shop.stack)
        await mount(page, "payment", "#payment", group={"mode": "payment", "amount": 2000, "currency": "usd"})
        await type_payment(page)
        said = await page.evaluate("secret => wrong(() => stripe.confirmPayment({ elements, clientSecret: secret, "
                                   "redirect: 'if_required' }))", made["client_secret"])
        assert said.startswith("IntegrationError: stripe.confirmPayment(): call elements.submit()")
        assert "error" not in await page.evaluate("elements.submit()")
        found = await page.evaluate(confirm, made["client_secret"])
        assert found["error"]["code"] == "intent_mismatch"
        assert found["error"]["param"] == "amount"
        assert await status(shop, made["id"]) == "requires_payment_method"
        ended = await page.evaluate("""async () => { let ended = false;
            elements.on('update-end', () => { ended = true; });
            await elements.update({ amount: 2500 }); await elements.submit(); return ended; }""")
        assert ended is True
        token = await page.evaluate("stripe.createConfirmationToken({ elements })")
        assert token["confirmationToken"]["payment_method_preview"]["card"]["last4"] == VISA[-4:]
        found = await page.evaluate(confirm, made["client_secret"])
        assert found["paymentIntent"]["amount"] == 2500


async def test_a_card_is_set_up_and_looked_at(browser: Browser, shop: Shop, merchant: Merchant) -> None:
    setups = [(await shop.api("POST", "/v1/setup_intents", {})).json() for _ in range(2)]
    async with visiting(browser) as page:
        await visit(page, merchant, shop.stack)
        await mount(page)
        await type_card(page, CHALLENGED)
        await page.evaluate("""secret => { window.done = stripe.confirmCardSetup(secret,
            { payment_method: { card } }); }""", setups[0]["client_secret"])
        await bank(page).locator("#test-source-authorize-3ds").click()
        found = await page.evaluate("done")
        assert found["setupIntent"]["status"] == "succeeded", found
        looked = await page.evaluate("secret => stripe.retrieveSetupIntent(secret)", setups[0]["client_secret"])
        assert looked["setupIntent"]["id"] == setups[0]["id"]
        await page.evaluate("() => { card.destroy(); elements = undefined; }")
        await mount(page, "payment", "#payment", group={"clientSecret": setups[1]["client_secret"]})
        await type_payment(page)
        found = await page.evaluate("stripe.confirmSetup({ elements, redirect: 'if_required' })")
        assert found["setupIntent"]["status"] == "succeeded", found
        missing = await page.evaluate("stripe.retrievePaymentIntent('pi_none_secret_none')")
        assert missing["error"]["type"] == "invalid_request_error"


async def test_the_page_that_the_guide_shows_pays(browser: Browser, shop: Shop, merchant: Merchant) -> None:
    made = await intent(shop)
    sample = blocks((ROOT / "docs" / "guides" / "card-fields.md").read_text(), "html")[0]
    for written, meant in {"http://js.localhost:8421": shop.stack.values["elements_url"],
                           "pk_test_…": shop.stack.publishable_key, "pi_…_secret_…": made["client_secret"]}.items():
        assert written in sample
        sample = sample.replace(written, meant)
    merchant.put("/thanks", "<p>Thanks</p>")
    async with visiting(browser) as page:
        await page.goto(merchant.put("/guide", f'<!doctype html><html lang="en"><body>{sample}</body></html>'))
        await type_payment(page, DECLINED)
        await page.click("button")
        await expect(page.locator("#message")).to_have_text("Your card was declined.")
        await type_payment(page)
        await page.click("button")
        await page.wait_for_url("**/thanks?payment_intent=*redirect_status=succeeded*")


async def _says(page: Page, code: str) -> str:
    return str(await page.evaluate(f"wrong(() => {{ {code} }})"))


async def test_misuse_is_thrown_at_once_with_what_to_do(browser: Browser, shop: Shop, merchant: Merchant) -> None:
    secret = (await intent(shop))["client_secret"]
    async with visiting(browser) as page:
        await visit(page, merchant, shop.stack)
        await mount(page)
        for code, said in {
            "Stripe('')": "pass your publishable key",
            "Stripe('sk_test_abc')": "Use your publishable key",
            "Stripe('hello')": "begins with pk_test_",
            "elements.create('card')": "There is a card element in this group already",
            "elements.create('cardNumber')": "Create one or the others",
            "elements.create('constructor')": "is not supported by Farthing; see",
            "card.update({ style: { base: { color: 'x'.repeat(70000) } } })": "is larger than 64 KiB",
            "elements.create('iban')": "is not supported by Farthing; see",
            "elements.create('payment')": "needs elements({ clientSecret })",
            "elements.create('address')": "needs a mode",
            "stripe.elements({ clientSecret: 'pi_1' })": "client_secret of the PaymentIntent",
            "stripe.elements({ mode: 'payment', amount: 1.5, currency: 'usd' })": "a whole number",
            "stripe.elements({ mode: 'payment', amount: 2000 })": "needs a currency",
            "card.mount('#nowhere')": "There is no \"#nowhere\" in the page",
            "stripe.confirmCardPayment('pi_1')": "pass the client secret of a PaymentIntent",
            "stripe.confirmPayment({ elements })": "pass confirmParams.return_url",
            f"stripe.confirmPayment({{ clientSecret: '{secret}', redirect: 'never' }})": "is \"always\" or",
            f"stripe.confirmCardPayment('{secret}', {{ payment_method: {{ card: {{ number: '4242' }} }} }})":
                "Card numbers are not taken from a page",
            "card.destroy(); card.mount('#card')": "was destroyed. Create a new one",
        }.items():
            told = await _says(page, code)
            assert told.startswith("IntegrationError: "), code
            assert said in told, (code, told)
