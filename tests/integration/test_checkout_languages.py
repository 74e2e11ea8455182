"""The shopper's pages in every language: no English is left on any of them; the session decides before the browser."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from html.parser import HTMLParser
from typing import Any

import pytest

from checkout import words
from tests.browser.checkout import field, ways
from tests.browser.shop import Shop
from tests.stack import Stack

SHOWN = ("title", "aria-label", "placeholder", "alt", "data-trouble", "data-broken", "data-pay", "data-said",
         "data-most", "data-least", "data-short", "data-title")
OURS = {"123", "Farthing", "MC", "VISA", "AMEX", "DISC", "DINERS", "JCB", "UP", "−", "+", "–", "name@example.com",
        "1234 1234 1234 1234", "{label}: {problem}", "Eircode", "CVC", "ada@example.com", "PIN"}
"""What is no language's: marks of cards, names, patterns."""
THEIRS = {"Wren", "Sons", "Field", "notebook", "Notizbuch", "Umschlag", "Praegung", "Groß", "Zeile", "Standard"}
"""What the seller of these tests has written."""
SAME = {"de": {"Status", "Postcode", "Oblast"}, "es": {"Subtotal"}, "fr": {"District", "Oblast", "Province"},
        "nl": {"Status", "Postcode", "Oblast"}, "sv": {"Status", "Oblast"}, "tr": {"Oblast"},
        "pt": {"Subtotal", "Status"}, "pt-PT": {"Subtotal"}}
"""Words that a language shares with English."""
EVERYTHING = {
    "allow_promotion_codes": "true", "billing_address_collection": "required",
    "phone_number_collection[enabled]": "true", "shipping_address_collection[allowed_countries][0]": "DE",
    "shipping_address_collection[allowed_countries][1]": "US",
    "consent_collection[terms_of_service]": "required", "consent_collection[promotions]": "auto",
    "payment_intent_data[setup_future_usage]": "off_session", "cancel_url": "https://laden.example/",
    "line_items[0][adjustable_quantity][enabled]": "true", "line_items[0][adjustable_quantity][maximum]": "9",
    "line_items[0][quantity]": "3", "line_items[1][quantity]": "2", "line_items[1][price_data][currency]": "usd",
    "line_items[1][price_data][unit_amount]": "250", "line_items[1][price_data][product_data][name]": "Umschlag",
    "line_items[0][price_data][product_data][name]": "Notizbuch",
    **field(0, "praegung", "text", **{"[minimum_length]": "3"}), **ways(("Standard", 0)),
    **field(1, "zeile", "dropdown", **{"[options][0][label]": "Groß", "[options][0][value]": "g"})}
DAYS = {"shipping_options[0][shipping_rate_data][delivery_estimate][minimum][unit]": "business_day",
        "shipping_options[0][shipping_rate_data][delivery_estimate][minimum][value]": "3",
        "shipping_options[0][shipping_rate_data][delivery_estimate][maximum][unit]": "business_day",
        "shipping_options[0][shipping_rate_data][delivery_estimate][maximum][value]": "5"}


class Read(HTMLParser):
    """The texts of a page: what it shows, says to screen readers, and hands to its scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.root: dict[str, str | None] = {}
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self._inside = "page" if known.get("id") == "page" else tag
        if tag == "html":
            self.root = known
        self.texts += [value for name, value in attrs if value and name in SHOWN and tag != "option"]

    def handle_data(self, data: str) -> None:
        if self._inside == "page" and data.strip():
            self.texts += list(_strings({name: value for name, value in json.loads(data).items()
                                         if name in ("texts", "fields", "declines", "labels")}))
        elif self._inside not in ("option", "script") and data.strip():
            self.texts.append(" ".join(data.split()))

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    else:
        for one in value.values() if isinstance(value, dict) else value:
            yield from _strings(one)


@pytest.fixture(scope="module")
async def shop(stack: Stack) -> AsyncIterator[Shop]:
    one = Shop(stack)
    yield one
    await one.close()


@pytest.fixture(scope="module")
async def pages(shop: Shop) -> dict[str, str]:
    """An address of each kind of page."""
    whole = await shop.session(**EVERYTHING, **DAYS)
    paid, over = await shop.session(client_reference_id="123"), await shop.session()
    assert (await shop.pay(paid["id"], await shop.token(paid["id"]))).json()["status"] == "complete"
    await shop.api("POST", f"/v1/checkout/sessions/{over['id']}/expire")
    setup = (await shop.api("POST", "/v1/checkout/sessions", {"mode": "setup", "success_url": shop.thanks})).json()
    price = (await shop.api("POST", "/v1/prices", {"currency": "usd", "unit_amount": "1250",
                                                   "product_data[name]": "Notizbuch"})).json()
    link = (await shop.api("POST", "/v1/payment_links", {"line_items[0][price]": price["id"],
                                                         "line_items[0][quantity]": "1"})).json()
    await shop.api("POST", f"/v1/payment_links/{link['id']}", {"active": "false"})
    checked = await shop.session()
    challenge = (await shop.pay(checked["id"], await shop.token(checked["id"], "4000002760003184"))).json()["url"]
    declined = await shop.session()
    return {"whole": f"/c/{whole['id']}", "order": f"/c/{whole['id']}?order=code_wrong",
            "setup": f"/c/{setup['id']}", "step": f"/c/{whole['id']}/pay?payment_method=pm_any",
            "setup step": f"/c/{setup['id']}/pay?payment_method=pm_any", "paid": f"/c/{paid['id']}",
            "over": f"/c/{over['id']}", "inactive": "/l/" + link["url"].rpartition("/")[2], "home": "/",
            "missing": "/c/cs_test_missing", "resume": f"/c/{checked['id']}",
            "challenge": "/3ds/" + challenge.rpartition("/")[2],
            "declined": f"/c/{declined['id']}?error=card_declined"}


async def read(shop: Shop, path: str, header: str) -> Read:
    return Read((await shop.page(path, headers={"accept-language": header})).text)


@pytest.mark.parametrize("tag", [tag for tag in words.DOMAIN.tags if tag != "en"])
async def test_no_english_is_left_on_any_page(shop: Shop, pages: dict[str, str], tag: str) -> None:
    left: dict[str, set[str]] = {}
    for name, path in pages.items():
        english, own = await read(shop, path, "en" + tag[2:]), await read(shop, path, tag)
        assert (own.root["lang"], own.root["dir"]) == (tag, "rtl" if tag == "ar" else "ltr"), name
        assert len(own.texts) == len(english.texts) > 3, name
        known = {text for text in own.texts if re.search(r"[^\W\d_]", text)}
        left[name] = {text for text in known & set(english.texts) if not _meant(text, tag)}
    assert {name: found for name, found in left.items() if found} == {}


def _meant(text: str, tag: str) -> bool:
    letters = set(re.findall(r"[^\W\d_]+(?:@[\w.]+)?", text))
    return len(text) == 1 or text in OURS or letters <= OURS | THEIRS | SAME.get(tag, set()) or _money(text)


def _money(text: str) -> bool:
    return re.fullmatch(r"[−\d.,\s]*(US)?\$[\d.,\s]*|[−\d.,\s]+US\$", text) is not None


async def test_the_languages_of_a_page_are_those_of_its_session(shop: Shop, pages: dict[str, str]) -> None:
    session = await shop.session(locale="de")
    for path, status in ((f"/c/{session['id']}", 200), (f"/c/{session['id']}/order", 200),
                         (f"/c/{session['id']}/pay?payment_method=pm_any", 200)):
        shown = await shop.page(path, headers={"accept-language": "ja"})
        assert shown.status_code == status
        assert "20,00\u00a0$" in shown.text, path
    assert Read(shown.text).root["lang"] == "de"
    assert f"/c/{session['id']}/confirm?locale=de" in shown.text


async def test_a_region_decides_how_numbers_are_written(shop: Shop) -> None:
    session = await shop.session(1234500, locale="auto")
    shown = (await shop.page(f"/c/{session['id']}", headers={"accept-language": "de-CH,fr;q=0.5"})).text
    assert "$\u00a012’345.00" in shown
    assert '<html lang="de" dir="ltr">' in shown


@pytest.mark.parametrize(("asked", "browser", "lang", "unknown"), [
    ("nb", "de", "en", "nb"), ("zh-HK", "ja", "en", "zh-HK"), ("es-419", "de", "es", ""), ("pt-BR", "de", "pt", ""),
    ("auto", "zh", "en", ""), ("auto", "pt-PT", "pt-PT", ""), ("en-GB", "de", "en", "")])
async def test_a_language_that_is_not_there_is_english_and_the_page_says_so_to_its_console(
        shop: Shop, asked: str, browser: str, lang: str, unknown: str) -> None:
    session = await shop.session(locale=asked)
    shown = (await shop.page(f"/c/{session['id']}", headers={"accept-language": browser})).text
    assert Read(shown).root["lang"] == lang
    assert json.loads(re.search(r'id="page">(.*?)</script>', shown)[1])["unknown"] == unknown


async def test_the_address_of_a_link_asks_for_a_language(shop: Shop) -> None:
    price = (await shop.api("POST", "/v1/prices", {"currency": "usd", "unit_amount": "1250",
                                                   "product_data[name]": "Notizbuch"})).json()
    link = (await shop.api("POST", "/v1/payment_links", {"line_items[0][price]": price["id"],
                                                         "line_items[0][quantity]": "1"})).json()
    path = "/l/" + link["url"].rpartition("/")[2]
    for asked, lang in (("ar", "ar"), ("pt-PT", "pt-PT"), ("xx", "ja"), ("", "ja")):
        to = (await shop.page(f"{path}?locale={asked}")).headers["location"]
        assert Read((await shop.page(to, headers={"accept-language": "ja"})).text).root["lang"] == lang
    await shop.api("POST", f"/v1/payment_links/{link['id']}", {"active": "false"})
    gone = await shop.page(f"{path}?locale=ar", headers={"accept-language": "ja"})
    assert (gone.status_code, Read(gone.text).root["dir"]) == (410, "rtl")


async def test_a_language_that_nobody_knows_is_refused_by_the_api(shop: Shop) -> None:
    for asked in ("xx", "de-CH", "ar", "Deutsch"):
        answer = await shop.api("POST", "/v1/checkout/sessions", {"mode": "setup", "success_url": shop.thanks,
                                                                  "locale": asked})
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, "locale"), asked


async def test_what_the_server_refuses_is_told_in_the_language_of_the_page(shop: Shop) -> None:
    session = await shop.session(locale="de", **{"phone_number_collection[enabled]": "true"})
    token = await shop.token(session["id"])
    said = {"payment_method": token, "email": "ada@example.com", "name": "Ada", "country": "US", "postal_code": "10001"}
    told = {}
    for number in ("", "12", "+1 201 555 0123"):
        answer = await shop.page(f"/c/{session['id']}/pay?locale=de", "POST", json={**said, "phone": number},
                                 headers={"sec-fetch-site": "same-origin", "accept-language": "ja"})
        told[number] = answer.json().get("error", {}).get("message")
    assert told == {"": "Geben Sie eine Telefonnummer ein.", "+1 201 555 0123": None,
                    "12": "Geben Sie eine Telefonnummer mit Vorwahl ein und wählen Sie ihr Land."}


async def test_a_decline_is_told_in_the_language_of_the_session(shop: Shop) -> None:
    session = await shop.session(locale="ja")
    answer = await shop.page(f"/c/{session['id']}/pay?locale=ja", "POST",
                             json={"payment_method": await shop.token(session["id"], "4000000000000002"),
                                   "email": "ada@example.com", "name": "Ada", "country": "US", "postal_code": "10001"},
                             headers={"sec-fetch-site": "same-origin", "accept-language": "de"})
    assert answer.json()["error"]["message"].startswith("カードが承認されませんでした。")
    again = (await shop.page(f"/c/{session['id']}?error=card_declined", headers={"accept-language": "de"})).text
    assert "カードが承認されませんでした。" in again


async def test_a_page_holds_one_language(shop: Shop) -> None:
    session = await shop.session(**EVERYTHING)
    sizes = {tag: len((await shop.page(f"/c/{session['id']}", headers={"accept-language": tag})).content)
             for tag in words.DOMAIN.tags}
    assert max(sizes.values()) < 1.6 * sizes["en"], sizes
