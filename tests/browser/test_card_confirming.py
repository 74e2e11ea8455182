"""Confirming with card frames otherwise: five times at once, with a lost answer, with a card that has an id already."""

from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, Route

from tests.browser.chromium import visiting
from tests.browser.fields import CHALLENGED, bank, intent, mount, status, type_card, type_payment, visit
from tests.browser.merchant import Merchant, selling
from tests.browser.shop import Shop


@pytest.fixture(scope="module")
def merchant() -> Iterator[Merchant]:
    with selling() as made:
        yield made


async def test_confirming_five_times_at_once_charges_once(browser: Browser, shop: Shop, merchant: Merchant) -> None:
    made = await intent(shop)
    async with visiting(browser) as page:
        await visit(page, merchant, shop.stack, "/twice")
        await mount(page)
        await type_card(page)
        found = await page.evaluate("""secret => Promise.all(Array.from({ length: 5 }, () =>
            stripe.confirmCardPayment(secret, { payment_method: { card } })))""", made["client_secret"])
    assert sum("paymentIntent" in one for one in found) >= 1
    charges = (await shop.api("GET", f"/v1/charges?payment_intent={made['id']}")).json()["data"]
    assert [one["status"] for one in charges] == ["succeeded"]


async def test_an_answer_that_was_lost_is_looked_for(browser: Browser, shop: Shop, merchant: Merchant) -> None:
    made = await intent(shop)

    async def lose(route: Route) -> None:
        await route.fetch()
        await route.abort()

    async with visiting(browser) as page:
        await visit(page, merchant, shop.stack, "/lost")
        await mount(page)
        await type_card(page)
        await page.route("**/v1/payment_methods", lambda route: route.abort())
        confirm = "secret => stripe.confirmCardPayment(secret, { payment_method: { card } })"
        gone = await page.evaluate(confirm, made["client_secret"])
        assert gone["error"]["type"] == "api_connection_error"
        assert await status(shop, made["id"]) == "requires_payment_method"
        await page.unroute("**/v1/payment_methods")
        await page.route("**/confirm", lose)
        found = await page.evaluate(confirm, made["client_secret"])
    assert found["paymentIntent"]["status"] == "succeeded"


async def test_a_card_may_be_named_by_an_id_or_a_token(browser: Browser, shop: Shop, merchant: Merchant) -> None:
    intents = [await intent(shop) for _ in range(3)]
    async with visiting(browser) as page:
        await visit(page, merchant, shop.stack, "/named")
        await mount(page)
        await type_card(page)
        for made, named in zip(intents, (
                "stripe.createPaymentMethod({ type: 'card', card }).then(({ paymentMethod }) => paymentMethod.id)",
                "stripe.createToken(card).then(({ token }) => ({ card: { token: token.id } }))",
                "({ card, billing_details: { name: 'Ada Byron', address: { line1: '1 Main St' } } })"), strict=True):
            found = await page.evaluate(f"""async secret => stripe.confirmCardPayment(secret, {{
                payment_method: await {named}, receipt_email: 'ada@example.com' }})""", made["client_secret"])
            assert found["paymentIntent"]["status"] == "succeeded", found
            assert found["paymentIntent"]["receipt_email"] == "ada@example.com"
        wrong = await page.evaluate("""secret => stripe.confirmCardPayment(secret, { payment_method: { card },
            setup_future_usage: 'sometimes' })""", (await intent(shop))["client_secret"])
        assert wrong["error"]["param"] == "setup_future_usage"


async def test_a_server_confirms_and_the_page_goes_on(browser: Browser, shop: Shop, merchant: Merchant) -> None:
    """The merchant's server confirms what the page has made; the page goes on with handleNextAction."""
    async with visiting(browser) as page:
        await visit(page, merchant, shop.stack, "/server")
        await mount(page, "payment", "#payment", group={"mode": "payment", "amount": 2000, "currency": "usd"})
        await type_payment(page, CHALLENGED)
        await page.evaluate("elements.submit()")
        token = (await page.evaluate("stripe.createConfirmationToken({ elements })"))["confirmationToken"]["id"]
        made = await intent(shop, confirm="true", confirmation_token=token,
                            return_url=merchant.put("/back", "<p>Back</p>"))
        assert made["status"] == "requires_action"
        await page.evaluate("secret => { window.done = stripe.handleNextAction({ clientSecret: secret }); }",
                            made["client_secret"])
        await bank(page).locator("#test-source-authorize-3ds").click()
        assert (await page.evaluate("done"))["paymentIntent"]["status"] == "succeeded"


async def test_a_setup_may_come_later_than_the_fields(browser: Browser, shop: Shop, merchant: Merchant) -> None:
    made, paid = (await shop.api("POST", "/v1/setup_intents", {})).json(), await intent(shop)
    async with visiting(browser) as page:
        await visit(page, merchant, shop.stack, "/later")
        await mount(page, "payment", "#payment", group={"mode": "setup", "currency": "usd"})
        await type_payment(page)
        await page.evaluate("elements.submit()")
        wrong = await page.evaluate("secret => wrong(() => stripe.confirmSetup({ elements, clientSecret: secret, "
                                    "redirect: 'if_required' }))", paid["client_secret"])
        assert "pass the client secret of a SetupIntent" in wrong
        found = await page.evaluate("secret => stripe.confirmSetup({ elements, clientSecret: secret, "
                                    "redirect: 'if_required' })", made["client_secret"])
        assert found["setupIntent"]["status"] == "succeeded"
        await page.evaluate("() => { payment.destroy(); elements = undefined; }")
        await mount(page, "payment", "#payment", group={"clientSecret": paid["client_secret"]})
        assert await page.evaluate("elements.fetchUpdates()") == {}
        assert "not the one that the group was made with" in await page.evaluate(
            "wrong(() => stripe.confirmPayment({ elements, clientSecret: 'pi_1_secret_2', redirect: 'if_required' }))")
