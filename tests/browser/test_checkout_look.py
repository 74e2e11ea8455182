"""What a seller puts on the page: pictures, branding, its own words with links; and the total that stays in sight."""

import base64
import re
import struct
import zlib
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, Request, expect

from tests.browser.axe import sound
from tests.browser.checkout import BUTTON, fill, fits, reads_well, thanked, ways
from tests.browser.chromium import SCHEMES, visiting, wear
from tests.browser.shop import Shop
from tests.browser.test_checkout_asks import ALL, WAYS

PICTURE = "https://pictures.example/notebook.png"
TERMS, PRIVACY = "https://seller.example/terms", "https://seller.example/privacy"


def png() -> bytes:
    """One dark pixel."""
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\x00\x11\x22\x33")) + chunk(b"IEND", b"")


def pictured(*urls: str) -> dict[str, str]:
    return {f"line_items[0][price_data][product_data][images][{index}]": url for index, url in enumerate(urls)}


@pytest.fixture
async def branded(shop: Shop) -> AsyncIterator[Shop]:
    """The demo account with a name, colours, an icon and pages of its own; taken away after the test."""
    id = (await shop.api("GET", "/v1/account")).json()["id"]
    made = await shop.client.post(f"{shop.stack.api_base}/v1/files", data={"purpose": "business_icon"},
                                  files={"file": ("icon.png", png())}, auth=(shop.stack.secret_key, ""))
    assert made.status_code == 200, made.text
    look = "settings[branding]"
    set_ = {"business_profile[name]": "Paper & Co", "business_profile[terms_of_service_url]": TERMS,
            "business_profile[privacy_policy_url]": PRIVACY, f"{look}[icon]": made.json()["id"],
            f"{look}[primary_color]": "#ffee00", f"{look}[secondary_color]": "#20003f"}
    answer = await shop.api("POST", f"/v1/accounts/{id}", set_)
    assert answer.status_code == 200, answer.text
    yield shop
    await shop.api("POST", f"/v1/accounts/{id}", dict.fromkeys(set_, ""))


async def test_a_picture_of_the_product_is_shown_and_learns_nothing_of_the_page(browser: Browser, shop: Shop) -> None:
    session = await shop.session(**pictured("http://plain.example/a.png", PICTURE))
    asked: list[Request] = []
    async with visiting(browser) as page:
        page.on("request", lambda one: asked.append(one) if ".example" in one.url else None)
        await page.route("https://pictures.example/**", lambda route: route.fulfill(body=png(),
                                                                                   content_type="image/png"))
        answer = await page.goto(session["url"])
        assert answer
        picture = page.locator(".tile img")
        await expect(picture).to_have_js_property("complete", value=True)
        assert await picture.evaluate("one => one.naturalWidth") == 1
        assert (await picture.bounding_box() or {})["width"] == 42  # the tile's place, whatever came
        [policy] = re.findall(r"img-src [^;]*", answer.headers["content-security-policy"])
        assert policy == "img-src 'self' data: https://pictures.example"
        assert [one.url for one in asked] == [PICTURE]
        assert "referer" not in await asked[0].all_headers()


async def test_a_picture_that_does_not_come_leaves_the_first_letter(browser: Browser, shop: Shop) -> None:
    session = await shop.session(**pictured(PICTURE))
    async with visiting(browser) as page:
        await page.route("https://pictures.example/**", lambda route: route.abort())
        await page.goto(session["url"])
        await expect(page.locator(".tile")).to_have_text("F")
        await sound(page)


async def test_the_branding_of_the_account_is_shown(browser: Browser, branded: Shop) -> None:
    session = await branded.session()
    async with visiting(browser) as page:
        await page.goto(session["url"])
        await expect(page.locator(".seller")).to_have_text("Paper & Co")
        assert await page.locator(".seller img").evaluate("one => one.decode().then(() => one.naturalWidth)") == 1
        for scheme in SCHEMES:
            await wear(page, scheme)
            await expect(page.locator(BUTTON)).to_have_css("background-color", "rgb(32, 0, 63)")
            await expect(page.locator(BUTTON)).to_have_css("color", "rgb(255, 255, 255)")
            await reads_well(page)
            await sound(page)
        await fill(page)
        await page.click(BUTTON)
        await thanked(page)
        await page.goto(session["url"])
        await expect(page.locator("#lead")).to_contain_text("Paper & Co has received your payment")


async def test_terms_and_privacy_of_the_account_are_linked(browser: Browser, branded: Shop) -> None:
    session = await branded.session(**{"consent_collection[terms_of_service]": "required"})
    async with visiting(browser) as page:
        await page.goto(session["url"])
        box = page.locator("label", has=page.locator("[name=terms_of_service]"))
        await expect(box).to_have_text("I agree to the terms of service and the privacy policy of Paper & Co.")
        for words, url in (("terms of service", TERMS), ("privacy policy", PRIVACY)):
            link = box.get_by_role("link", name=words)
            await expect(link).to_have_attribute("href", url)
            await expect(link).to_have_attribute("rel", "noopener noreferrer")
        await expect(page.locator(".form .foot")).to_contain_text("Terms")
        await sound(page)


async def test_links_in_the_sellers_words_work_and_nothing_else_of_them_does(browser: Browser, shop: Shop) -> None:
    words = ("Read [our *terms*](https://seller.example/terms?a=1&b=2), <b>not</b> [this](javascript:alert(1)) "
             "<script>window.bad = 1</script> ![x](https://seller.example/x.png)")
    session = await shop.session(**{"custom_text[submit][message]": words,
                                    "custom_text[terms_of_service_acceptance][message]": "I take [them](https://a.example/).",
                                    "consent_collection[terms_of_service]": "required"})
    async with visiting(browser) as page:
        await page.goto(session["url"])
        said = page.locator("#card-form .said", has_text="Read")
        await expect(said.get_by_role("link", name="our *terms*")).to_have_attribute(
            "href", "https://seller.example/terms?a=1&b=2")
        await expect(said).to_contain_text("<b>not</b> [this](javascript:alert(1)) <script>")
        assert await said.locator("b, script, img, a[href^=javascript]").count() == 0
        await expect(page.get_by_role("link", name="them")).to_have_attribute("href", "https://a.example/")
        assert await page.evaluate("window.bad") is None


async def visible(page: Page, selector: str) -> bool:
    return bool(await page.locator(selector).evaluate("""one => { const box = one.getBoundingClientRect();
        return box.top >= 0 && box.bottom <= innerHeight && box.height > 0; }"""))


async def test_the_summary_stays_in_sight_on_a_long_form(browser: Browser, shop: Shop) -> None:
    session = await shop.session(**ALL, billing_address_collection="required")
    async with visiting(browser, viewport={"width": 1280, "height": 700}) as page:
        await page.goto(session["url"])
        await page.locator(BUTTON).scroll_into_view_if_needed()
        assert await page.evaluate("scrollY") > 300
        assert await visible(page, '[data-testid="total"]')
        assert await visible(page, ".item .name")


async def test_the_total_stays_in_sight_on_a_phone_and_hides_no_focus(browser: Browser, shop: Shop) -> None:
    session = await shop.session(**{**ALL, **WAYS, **ways(("Standard", 500), ("Express", 1500))})
    async with visiting(browser, viewport={"width": 375, "height": 667}) as page:
        await page.goto(session["url"])
        await page.locator(BUTTON).scroll_into_view_if_needed()
        assert await visible(page, "#totalbar")
        await page.get_by_role("radio", name="Express").check()
        await expect(page.locator("#totalbar")).to_have_text("$35.00")
        await page.locator(BUTTON).focus()
        bar = (await page.locator(".totalbar").bounding_box() or {})["height"]
        for _ in range(18):
            await page.keyboard.press("Shift+Tab")
            top = await page.evaluate("""() => { const one = document.activeElement;
                return one.closest('main') && !one.matches('[type=radio], [type=checkbox]')
                    ? one.getBoundingClientRect().bottom : 1e6; }""")
            assert top > bar
        await fits(page, 375)


def test_the_pixel_is_a_picture() -> None:
    assert base64.b64encode(png()).startswith(b"iVBORw0KGgo")
