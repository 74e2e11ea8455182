"""The order while it changes: the focus stays, quick clicks all count, a bound is told, and nothing typed is lost."""

import asyncio

import pytest
from playwright.async_api import Browser, Route, expect

from tests.browser.checkout import BUTTON, fill, thanked
from tests.browser.chromium import visiting
from tests.browser.shop import Shop
from tests.browser.test_checkout_asks import CODES, WAYS, code, enter

TOTAL = '[data-testid="total"]'


def quantities(most: int = 10, least: int = 1, lines: int = 1) -> dict[str, str]:
    """The parameters that let the shopper choose how many."""
    found: dict[str, str] = {}
    for index in range(lines):
        item = f"line_items[{index}]"
        found |= {f"{item}[adjustable_quantity][enabled]": "true", f"{item}[adjustable_quantity][minimum]": str(least),
                  f"{item}[adjustable_quantity][maximum]": str(most), f"{item}[quantity]": str(least or 1)}
        if index:
            found |= {f"{item}[price_data][currency]": "usd", f"{item}[price_data][unit_amount]": "100",
                      f"{item}[price_data][product_data][name]": f"Pencil {index}"}
    return found


async def slow(route: Route) -> None:
    await asyncio.sleep(0.25)
    await route.continue_()


async def test_one_more_keeps_the_focus_and_never_takes_the_discount_off(browser: Browser, shop: Shop) -> None:
    session, word = await shop.session(**CODES, **quantities()), await code(shop)
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await enter(page, word)
        await expect(page.locator(BUTTON)).to_have_text("Pay $15.00")
        more = page.get_by_role("button", name="One more")
        await more.focus()
        for key, total in (("Enter", "$30.00"), ("Enter", "$45.00"), ("Space", "$60.00"), ("Space", "$75.00")):
            await page.keyboard.press(key)
            await expect(page.locator(TOTAL)).to_have_text(total)
            await expect(more).to_be_focused()
        assert (await shop.look(session["id"]))["discounts"]


async def test_enter_pressed_twice_in_the_code_does_not_remove_it(browser: Browser, shop: Shop) -> None:
    session, word = await shop.session(**CODES), await code(shop)
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await enter(page, word)
        await expect(page.locator(TOTAL)).to_have_text("$15.00")
        await page.keyboard.press("Enter")
        await page.keyboard.press("Space")
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("button", name=f"Remove promotion code {word}")).to_be_focused()
        await expect(page.locator(TOTAL)).to_have_text("$15.00")


async def test_at_the_most_the_focus_is_still_on_one_more(browser: Browser, shop: Shop) -> None:
    session = await shop.session(**quantities(most=2))
    async with visiting(browser) as page:
        await page.goto(session["url"])
        more = page.get_by_role("button", name="One more")
        await more.focus()
        for _ in range(2):
            await page.keyboard.press("Enter")
            await expect(page.locator(TOTAL)).to_have_text("$40.00")
            await expect(more).to_be_focused()
        await expect(more).to_be_disabled()


async def test_a_change_elsewhere_leaves_the_focus_where_it_is_now(browser: Browser, shop: Shop) -> None:
    session = await shop.session(**WAYS, **quantities())
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await page.route("**/order", slow)
        await page.get_by_role("button", name="One more").click()
        await page.locator("[name=email]").focus()
        await page.keyboard.type("ada@exa")
        await expect(page.locator(TOTAL)).to_have_text("$45.00")
        await page.keyboard.type("mple.com")
        await expect(page.locator("[name=email]")).to_have_value("ada@example.com")


@pytest.mark.parametrize("wait", [0, 60])
async def test_five_quick_clicks_make_six(browser: Browser, shop: Shop, wait: int) -> None:
    session = await shop.session(**quantities())
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await page.route("**/order", slow)
        more = page.get_by_role("button", name="One more")
        for _ in range(5):
            await more.click(delay=0)
            await page.wait_for_timeout(wait)
        await expect(page.locator("[name=quantity]")).to_have_value("6")
        await expect(page.locator(BUTTON)).to_have_text("Pay $120.00")
        await expect(page.locator("[name=quantity]")).to_have_value("6")
        await fill(page)
        await page.click(BUTTON)
        await thanked(page)
    assert [charge["amount"] for charge in await shop.charges(session["id"])] == [12000]


async def test_clicks_on_several_items_a_code_and_a_way_all_count(browser: Browser, shop: Shop) -> None:
    session, word = await shop.session(**CODES, **WAYS, **quantities(lines=2)), await code(shop)
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await page.route("**/order", slow)
        pencil = page.get_by_role("button", name="One more: Pencil 1")
        for _ in range(3):
            await page.get_by_role("button", name="One more: Field notebook").click()
            await pencil.click()
        await page.get_by_role("radio", name="Express").check()
        await page.get_by_role("button", name="One fewer: Field notebook").click()
        await pencil.click()
        await enter(page, word)
        # three notebooks, five pencils, a quarter off, and Express
        await expect(page.locator(BUTTON)).to_have_text(f"Pay ${(3 * 2000 + 5 * 100) * 0.75 / 100 + 15:.2f}")
    assert (await shop.look(session["id"]))["amount_total"] == 6375


async def test_a_click_in_the_moment_in_which_the_order_is_replaced_counts(browser: Browser, shop: Shop) -> None:
    session, word = await shop.session(**CODES, **quantities()), await code(shop)
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await page.evaluate("""word => {
            const place = document.getElementById('order-place');
            const acts = [() => place.querySelector('[name=step][value="1"]').click(), () => {
                place.querySelector('.code').open = true;
                place.querySelector('#promotion_code').value = word;
                place.querySelector('.coderow').requestSubmit();
            }];
            new MutationObserver(() => acts.shift()?.()).observe(place, { childList: true });
            window.stayed = true;
        }""", word)
        await page.get_by_role("button", name="One more").click()
        await expect(page.locator(BUTTON)).to_have_text("Pay $45.00")  # three, a quarter off
        await expect(page.locator("[name=quantity]")).to_have_value("3")
        assert await page.evaluate("window.stayed")  # what was typed of the card is still there


async def test_a_way_stays_chosen_while_an_earlier_change_is_answered(browser: Browser, shop: Shop) -> None:
    session, word = await shop.session(**CODES, **WAYS), await code(shop)
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await page.route("**/order", slow)
        await page.evaluate("""() => {
            window.seen = [];
            new MutationObserver(() => setTimeout(() => window.seen.push(document.querySelector('.way :checked')
                .closest('.way').innerText))).observe(document.getElementById('order-place'), { childList: true });
        }""")
        await enter(page, word)
        await page.get_by_role("radio", name="Express").check()
        await expect(page.locator(BUTTON)).to_have_text("Pay $30.00")
        seen = await page.evaluate("window.seen")
    assert len(seen) == 2
    assert all("Express" in one for one in seen)


async def test_a_quantity_that_was_made_to_fit_says_so(browser: Browser, shop: Shop) -> None:
    session = await shop.session(**quantities(most=5, least=2))
    async with visiting(browser) as page:
        await page.goto(session["url"])
        quantity = page.locator("[name=quantity]")
        for typed, stands, told in (("99", "5", "The most that can be ordered is 5."),
                                    ("0", "2", "The least that can be ordered is 2."),
                                    ("-3", "2", "The least that can be ordered is 2.")):
            await quantity.fill("3")
            await quantity.press("Enter")
            await expect(page.locator(TOTAL)).to_have_text("$60.00")
            await quantity.fill(typed)
            await quantity.press("Enter")
            await expect(page.locator(TOTAL)).to_have_text(f"${int(stands) * 20}.00")
            await expect(quantity).to_have_value(stands)
            await expect(quantity).to_have_accessible_description(told)
            await expect(quantity).to_be_focused()
            await page.get_by_role("button", name="One fewer" if stands == "5" else "One more").click()
            await expect(quantity).to_have_accessible_description("")


async def test_a_quantity_that_could_not_be_changed_is_shown_as_it_stands(browser: Browser, shop: Shop) -> None:
    session = await shop.session(**quantities())
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await page.route("**/order", lambda route: route.abort())
        more = page.get_by_role("button", name="One more")
        for _ in range(3):
            await more.click()
        await expect(page.locator("#code-error")).to_contain_text("We could not reach the payment service")
        await expect(page.locator("[name=quantity]")).to_have_value("1")
        await page.unroute("**/order")
        await more.click()
        await expect(page.locator(TOTAL)).to_have_text("$40.00")
        await expect(page.locator("#code-error")).to_have_text("")


