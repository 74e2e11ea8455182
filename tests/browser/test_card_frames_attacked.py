"""What a hostile page, frame or message gets from the card frames: nothing (security A3, A13, A14, A15)."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.chromium import visiting
from tests.browser.fields import CARD, CHALLENGED, PAYMENT, VISA, bank, html, intent, mount, status, type_card, visit
from tests.browser.merchant import Merchant, selling
from tests.browser.shop import Shop
from tests.conformance.clients import another_account

CODE = "737"
_CONFIRM = """secret => { window.done = stripe.confirmCardPayment(secret, { payment_method: { card } }); }"""
_PORTS = """window.ports = []; const { set, get } = Object.getOwnPropertyDescriptor(MessagePort.prototype, 'onmessage');
  Object.defineProperty(MessagePort.prototype, 'onmessage', { configurable: true, get,
    set(handler) { window.ports.push(this); set.call(this, handler); } });"""
"""Keeps the ports that the page's script is given: a hostile script has them."""
_COUNTS = """window.made = 0; const Own = MessageChannel;
  window.MessageChannel = class extends Own { constructor() { super(); window.made += 1; } };"""
"""Counts the ports that a frame makes, one for its first word."""
_SAY = """([port, message]) => new Promise((resolve) => {
  const heard = []; const hear = (event) => heard.push(event.data);
  ports[port].addEventListener('message', hear); ports[port].postMessage(message);
  setTimeout(() => { ports[port].removeEventListener('message', hear); resolve(heard); }, 700); })"""


@pytest.fixture(scope="module")
def merchant() -> Iterator[Merchant]:
    with selling() as made:
        yield made


@pytest.fixture
async def typed(browser: Browser, shop: Shop, merchant: Merchant) -> AsyncIterator[Page]:
    """The shop's page with a card typed in, whose scripts have turned hostile."""
    async with visiting(browser) as page:
        await page.add_init_script(_PORTS)
        await visit(page, merchant, shop.stack, "/hostile")
        await mount(page)
        await type_card(page, cvc=CODE)
        await expect(page.locator("#card")).to_have_class(re.compile("StripeElement--complete"))
        yield page


def secrets(value: Any) -> list[str]:
    text = json.dumps(value)
    return [one for one in (VISA, "4242 4242", f'"{CODE}"') if one in text]


async def test_the_page_cannot_look_into_a_frame_or_listen_to_its_line(typed: Page) -> None:
    looked = await typed.evaluate("""() => { const frame = document.querySelector('#card iframe');
        const tried = (work) => { try { return String(work()); } catch (error) { return error.name; } };
        return [String(frame.contentDocument), tried(() => frame.contentWindow.document.body.innerHTML),
          tried(() => frame.contentWindow.FarthingCard), tried(() => frame.contentWindow.location.href)]; }""")
    assert looked == ["null", "SecurityError", "SecurityError", "SecurityError"]
    overheard = await typed.evaluate("""async () => { const group = JSON.parse(decodeURIComponent(
          document.querySelector('#card iframe').src.split('#')[1])).group;
        const line = new BroadcastChannel(`farthing:${group}`), heard = [];
        line.onmessage = ({ data }) => heard.push(data);
        await stripe.createPaymentMethod({ type: 'card', card }); return heard; }""")
    assert overheard == []


async def test_a_frame_answers_no_message_of_the_page(typed: Page) -> None:
    heard = await typed.evaluate("""(ms) => new Promise((resolve) => { const heard = [];
        addEventListener('message', (event) => heard.push(event.data));
        const birth = JSON.parse(decodeURIComponent(document.querySelector('#card iframe').src.split('#')[1]));
        for (const frame of document.querySelectorAll('iframe')) for (const message of [
            { ask: 'collect', call: 'x', controller: birth.controller, key: birth.key, elements: [birth.id] },
            { type: 'init', options: {} }, { type: 'call', call: 'x', method: 'collect', params: {} },
            { type: 'farthing:bank', authentication: 'tds_1' }, 'collect', null, 7])
          frame.contentWindow.postMessage(message, '*');
        setTimeout(() => resolve(heard), ms); })""", 700)
    assert heard == []


async def test_the_controller_does_nothing_that_is_not_on_its_list(typed: Page) -> None:
    elements = await typed.evaluate("[card.id]")
    for method in ("collect", "values", "constructor", "__proto__", "toString", "", 7):
        message = {"type": "call", "call": "x", "method": method, "params": {"elements": elements}}
        assert await typed.evaluate(_SAY, [0, message]) == [], method
    checked = await typed.evaluate(_SAY, [0, {"type": "call", "call": "x", "method": "validate",
                                              "params": {"elements": elements}}])
    assert checked == [{"type": "result", "call": "x", "ok": {}}]
    more = {"type": "call", "call": "x", "method": "validate", "params": {"elements": elements}, "also": 1}
    assert await typed.evaluate(_SAY, [0, more]) == []


async def test_what_is_too_large_or_of_no_known_kind_is_dropped(typed: Page) -> None:
    field = typed.frame_locator(CARD).locator("[name=cardnumber]")
    await typed.evaluate("""() => { const round = { type: 'update' }; round.options = round;
        ports[1].postMessage(round); }""")
    for message in ({"type": "update", "options": {"style": {"base": {"color": "red"}}, "x": "y" * 70_000}},
                    {"type": "submit"}, {"type": "update", "options": {}, "html": "<b>"}, [], "update", 1):
        await typed.evaluate("([message]) => { ports[1].postMessage(message); }", [message])
    await typed.evaluate("() => { ports[1].postMessage({ type: 'focus' }); }")  # a good one, behind all of them
    await expect(field).to_be_focused()
    assert await field.evaluate("one => getComputedStyle(one).color") != "rgb(255, 0, 0)"
    await typed.evaluate("() => { card.update({ hideIcon: true }); }")
    await expect(typed.frame_locator(CARD).locator(".brand")).to_be_hidden()


async def test_a_second_controller_with_a_foreign_key_gets_no_card(typed: Page, shop: Shop) -> None:
    asked: list[str] = []
    typed.on("request", lambda request: asked.append(request.url) if request.method == "POST" else None)
    found = await typed.evaluate("""([base]) => new Promise((resolve) => {
        const birth = JSON.parse(decodeURIComponent(document.querySelector('#card iframe').src.split('#')[1]));
        const mine = { ...birth, id: birth.controller, type: 'controller', key: 'pk_test_other', controller: '' };
        const frame = document.createElement('iframe'); frame.src = `${base}/v3/controller.html#` +
          encodeURIComponent(JSON.stringify(mine));
        addEventListener('message', (event) => { if (event.source !== frame.contentWindow) return;
          const [port] = event.ports;
          port.onmessage = ({ data }) => { if (data.type === 'result') resolve(data); };
          port.postMessage({ type: 'init', options: {} });
          port.postMessage({ type: 'call', call: 'x', method: 'create_payment_method',
            params: { elements: [birth.id] } }); });
        document.body.append(frame); })""", [shop.stack.values["elements_url"]])
    assert found["error"]["message"].startswith("A field did not answer"), found
    assert asked == []


async def test_a_foreign_key_pays_nothing_of_this_account(browser: Browser, shop: Shop, merchant: Merchant) -> None:
    made = await intent(shop)
    async with visiting(browser) as page:
        await visit(page, merchant, shop.stack, "/foreign")
        other = await asyncio.to_thread(another_account, shop.stack)
        await page.evaluate("key => { stripe = Stripe(key); }", other.publishable_key)
        await mount(page)
        await type_card(page)
        found = await page.evaluate("secret => stripe.confirmCardPayment(secret, { payment_method: { card } })",
                                    made["client_secret"])
        assert found["error"]["code"] == "resource_missing", found
        guessed = await page.evaluate("id => stripe.retrievePaymentIntent(id + '_secret_guessed')", made["id"])
        assert guessed["error"]["code"] == "resource_missing"
    assert await status(shop, made["id"]) == "requires_payment_method"


async def test_a_frame_speaks_only_to_the_page_that_it_was_opened_for(browser: Browser, shop: Shop,
                                                                      merchant: Merchant) -> None:
    """Opened by another site for the shop's, with a broken birth, or as a page of its own it stays empty and silent."""
    base = shop.stack.values["elements_url"]
    birth = {"id": "a", "nonce": "b", "group": "c", "type": "card", "key": "pk_test_1", "controller": "d"}
    here = merchant.base.replace("shop.", "evil.")
    births = [{**birth, "parentOrigin": merchant.base}, {**birth, "parentOrigin": "*"},
              {**birth, "parentOrigin": here + "/x"}, {**birth, "parentOrigin": here, "group": "<img>"},
              {"parentOrigin": here}, "card"]
    card = f"{base}/v3/elements-inner-card.html#"
    frames = "".join(f'<iframe src="{card}{quote(json.dumps(one))}"></iframe>' for one in births)
    merchant.put("/evil", frames)
    async with visiting(browser) as page:
        await page.add_init_script(_COUNTS)
        await page.add_init_script("window.heard = []; addEventListener('message', (event) => heard.push(event.data));")
        await page.goto(here + "/evil")
        await page.wait_for_timeout(500)
        assert await page.evaluate("heard") == []
        assert len(page.frames) == 1 + len(births)
        for frame in page.frames[1:]:
            assert await frame.locator("input").count() == 0
            assert await frame.evaluate("made") == 0, "it spoke, and only the browser kept it from others"
        good = json.dumps({**birth, "parentOrigin": here})
        await page.evaluate("""url => { const one = document.createElement('iframe'); one.src = url;
            document.body.append(one); }""", card + quote(good))
        await page.wait_for_function("heard.length")
        assert await page.evaluate("heard") == [{"type": "ready", "id": "a", "nonce": "b"}]
        await page.goto(card + quote(good))
        assert await page.locator("input").count() == 0


async def test_only_the_right_window_of_the_right_origin_may_shake_hands(browser: Browser, shop: Shop,
                                                                         merchant: Merchant) -> None:
    merchant.put("/forger", "<script>onmessage = ({ data }) => { const { port1, port2 } = new MessageChannel(); "
                            "port1.postMessage({ type: 'change', empty: false, complete: true }); "
                            "parent.postMessage(data, '*', [port2]); };</script>")
    async with visiting(browser) as page:
        await page.route("**/elements-inner-card.html*", lambda route: route.abort())  # the true one never comes
        await visit(page, merchant, shop.stack, "/forged")
        await page.evaluate("""() => { elements = stripe.elements(); window.card = note(elements.create('card'));
            card.mount('#card'); }""")
        forged = await page.evaluate("""(base) => { const frame = document.querySelector('#card iframe');
            const { id, nonce } = JSON.parse(decodeURIComponent(frame.src.split('#')[1]));
            const data = { type: 'ready', id, nonce };
            const port = () => { const { port1, port2 } = new MessageChannel();
              port1.postMessage({ type: 'change', empty: false, complete: true }); return port2; };
            postMessage(data, '*', [port()]);
            dispatchEvent(new MessageEvent('message', { data, origin: base, source: frame.contentWindow,
              ports: [port()] }));
            const forger = document.createElement('iframe'); forger.src = '/forger'; document.body.append(forger);
            return new Promise((resolve) => { forger.onload = () => { forger.contentWindow.postMessage(data, '*');
              for (const other of document.querySelectorAll('iframe')) other.contentWindow.postMessage(data, '*');
              setTimeout(() => resolve(events), 600); }; }); }""", shop.stack.values["elements_url"])
    assert forged == []


_HOSTILE_LOOKS = {
    "variables": {"colorPrimary": "url(http://evil.localhost/a)", "fontFamily": "x; color: url(//evil.localhost/b)",
                  "colorText": "rgb(1, 2, 3)", "__proto__x": "red",
                  "spacingUnit": "image-set('//evil.localhost/c' 1x)"},
    "rules": {".Input": {"backgroundImage": "url(http://evil.localhost/d)", "background": "red",
                         "color": "rgb(4, 5, 6)", "content": "'x'", "position": "fixed",
                         "borderColor": "u\\72l(http://evil.localhost/e)"},
              ".Input{} body": {"color": "red"}, "input[value^='4']": {"color": "red"},
              ".Input:has(+ a)": {"color": "red"},
              "*": {"color": "red"}, ".brand": {"color": "red"}},
}


async def test_looks_can_fetch_nothing_and_select_nothing(browser: Browser, shop: Shop, merchant: Merchant) -> None:
    async with visiting(browser) as page:
        hosts = await visit(page, merchant, shop.stack, "/looks")
        group = {"mode": "payment", "amount": 2000, "currency": "usd", "appearance": _HOSTILE_LOOKS}
        await mount(page, "payment", "#payment", group=group)
        number = page.frame_locator(PAYMENT).locator("#Field-numberInput")
        seen = await number.evaluate("""one => { const { color, backgroundImage, position } = getComputedStyle(one);
            return [color, backgroundImage, position, [...document.adoptedStyleSheets].map((sheet) =>
              [...sheet.cssRules].map((rule) => rule.cssText).join('')).join('')]; }""")
        assert seen[:3] == ["rgb(4, 5, 6)", "none", "static"]
        assert not [one for one in ("url", "evil", "image-set", "has(", "value", "content", "fixed") if one in seen[3]]
        assert "--colorText: rgb(1, 2, 3)" in seen[3]
        await page.evaluate("elements = undefined")
        await mount(page, options={"style": {"base": {"color": "rgb(7, 8, 9)",
                                                      "backgroundColor": "url(//evil.localhost/f)",
                                                      "::placeholder": {"color": "url(//evil.localhost/g)"}},
                                             "evil": {"color": "red"}}})
        colour = page.frame_locator(CARD).locator("[name=cardnumber]").evaluate("one => getComputedStyle(one).color")
        assert await colour == "rgb(7, 8, 9)"
    assert "evil.localhost" not in hosts


async def test_a_number_in_the_wrong_field_goes_no_further(browser: Browser, shop: Shop, merchant: Merchant) -> None:
    async with visiting(browser) as page:
        await visit(page, merchant, shop.stack, "/misplaced")
        await mount(page)
        await page.frame_locator(CARD).locator("[name=postal]").fill("4242 4242 4242 4242")
        await mount(page, "linkAuthentication", "#email")
        await page.frame_locator("iframe[title='Secure email input frame']").locator("[name=email]").fill(
            "4242424242424242@x.example")
        await expect(page.locator("#email")).to_have_class(re.compile("StripeElement--complete"))
        assert not secrets(await page.evaluate("[events, heard]"))


async def test_the_end_of_the_check_is_not_the_pages_to_tell(browser: Browser, shop: Shop, merchant: Merchant) -> None:
    made = await intent(shop)
    async with visiting(browser) as page:
        await page.add_init_script(_PORTS)
        await visit(page, merchant, shop.stack, "/liar")
        await mount(page)
        await type_card(page, CHALLENGED)
        await page.evaluate(_CONFIRM, made["client_secret"])
        await bank(page).locator("#test-source-authorize-3ds").wait_for()
        modal = page.locator("iframe[title='Secure authentication frame']")
        assert await page.frame_locator("iframe[title='Secure authentication frame']").locator("iframe").get_attribute(
            "sandbox") == "allow-forms allow-scripts allow-same-origin allow-popups"
        waiting = (await shop.api("GET", f"/v1/payment_intents/{made['id']}")).json()["next_action"]
        id = waiting["use_stripe_sdk"]["source"]
        await modal.evaluate("""(one, id) => { for (const type of ['farthing:bank', 'result'])
            one.contentWindow.postMessage({ type, authentication: id, outcome: 'finished' }, '*'); }""", id)
        await asyncio.sleep(0.3)
        await expect(modal).to_be_visible()
        message = {"type": "call", "call": "lie", "method": "settle", "params": {
            "object": "payment_intent", "client_secret": made["client_secret"], "challenge": id, "outcome": "finished"}}
        await page.evaluate("message => { ports[0].postMessage(message); }", message)
        assert await status(shop, made["id"]) == "requires_action"
        assert not (await shop.api("GET", f"/v1/charges?payment_intent={made['id']}")).json()["data"]
        await bank(page).locator("#test-source-fail-3ds").click()
        assert (await page.evaluate("done"))["error"]["code"] == "payment_intent_authentication_failure"


async def test_the_shops_own_strict_policies_are_enough(browser: Browser, shop: Shop, merchant: Merchant) -> None:
    """A shop that isolates itself and allows nothing but our origin still takes cards."""
    base = shop.stack.values["elements_url"]
    merchant.headers = {
        "Content-Security-Policy": f"default-src 'none'; script-src {base}; frame-src {base}; style-src 'none'",
        "Cross-Origin-Embedder-Policy": "require-corp", "Cross-Origin-Opener-Policy": "same-origin",
        "Referrer-Policy": "no-referrer"}
    made = await intent(shop)
    try:
        async with visiting(browser) as page:
            await page.goto(merchant.put("/strict", html(shop.stack)))
            await page.evaluate("key => { window.stripe = Stripe(key); window.note = (one) => one; }",
                                shop.stack.publishable_key)
            assert await page.evaluate("crossOriginIsolated")
            await mount(page)
            await type_card(page, CHALLENGED)
            await page.evaluate(_CONFIRM, made["client_secret"])
            await bank(page).locator("#test-source-authorize-3ds").click()
            assert (await page.evaluate("done"))["paymentIntent"]["status"] == "succeeded"
    finally:
        merchant.headers = {}


