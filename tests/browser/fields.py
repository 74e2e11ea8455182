"""What the tests of card frames on a merchant's page share: the page, the spy on its messages, typing into them."""

from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import FrameLocator, Page

from tests.browser.merchant import Merchant
from tests.browser.shop import Shop
from tests.stack import Stack

CARD = 'iframe[title="Secure card payment input frame"]'
NUMBER, EXPIRY, CVC = (f'iframe[title="Secure {name} input frame"]'
                       for name in ("card number", "expiration date", "CVC"))
PAYMENT = 'iframe[title="Secure payment input frame"][src*="elements-inner-payment"]'
VISA, CHALLENGED, DECLINED = "4242424242424242", "4000002760003184", "4000000000000002"

SPY = """
  window.heard = [];
  const keep = (data) => { try { window.heard.push(JSON.stringify(data)); }
    catch { window.heard.push(String(data)); } };
  window.addEventListener('message', (event) => keep(event.data), true);
  const { set } = Object.getOwnPropertyDescriptor(MessagePort.prototype, 'onmessage');
  Object.defineProperty(MessagePort.prototype, 'onmessage', { configurable: true, set(handler) {
    set.call(this, (event) => { keep(event.data); return handler.call(this, event); });
  } });
"""
"""Keeps everything that the merchant's window is told, by messages and by ports."""

BODY = """
  <form id="form"><label for="card" id="label">Card</label><div id="card"></div><div id="number"></div>
  <div id="expiry"></div><div id="cvc"></div><div id="payment"></div><div id="address"></div><div id="email"></div>
  <button>Pay</button></form>
"""


def html(stack: Stack, script: str = "v3/", body: str = BODY) -> str:
    return (f'<!doctype html><html lang="en"><head><title>Shop</title><script src="{stack.values["elements_url"]}'
            f'/{script}"></script></head><body>{body}</body></html>')


async def visit(page: Page, merchant: Merchant, stack: Stack, path: str = "/pay", script: str = "v3/") -> set[str]:
    """Open the shop's page with our script and a Stripe of the demo account; returns the hosts that it then asks."""
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname or ""))
    await page.add_init_script(SPY)
    await page.goto(merchant.put(path, html(stack, script)))
    await page.evaluate("""key => { window.stripe = Stripe(key); window.events = [];
        window.note = (element) => { for (const name of ['ready', 'change', 'focus', 'blur', 'escape', 'loaderror',
          'networkschange']) element.on(name, (event) => events.push([name, event])); return element; };
        window.wrong = (work) => { try { work(); return null; }
          catch (error) { return `${error.name}: ${error.message}`; } };
      }""", stack.publishable_key)
    return hosts


async def mount(page: Page, kind: str = "card", at: str = "#card", options: dict[str, Any] | None = None,
                group: dict[str, Any] | None = None) -> None:
    """Create an element in the page's group, which is made with the first, and wait until it is ready."""
    await page.evaluate("""([kind, at, options, group]) => new Promise((resolve) => {
        window.elements ??= stripe.elements(group ?? undefined);
        window[kind] = note(elements.create(kind, options ?? {}));
        window[kind].on('ready', () => resolve()); window[kind].mount(at); })""", [kind, at, options, group])


async def type_card(page: Page, number: str = VISA, expiry: str = "12 / 34", cvc: str = "123") -> None:
    frame = page.frame_locator(CARD)
    await frame.locator("[name=cardnumber]").fill(number)
    await frame.locator("[name=exp-date]").fill(expiry)
    await frame.locator("[name=cvc]").fill(cvc)
    await frame.locator("[name=postal]").fill("10001")


async def type_payment(page: Page, number: str = VISA, expiry: str = "12 / 34", cvc: str = "123") -> None:
    frame = page.frame_locator(PAYMENT)
    await frame.locator("#Field-numberInput").fill(number)
    await frame.locator("#Field-expiryInput").fill(expiry)
    await frame.locator("#Field-cvcInput").fill(cvc)
    await frame.locator("[name=country]").select_option("US")
    await frame.locator("[name=postalCode]").fill("10001")


def bank(page: Page) -> FrameLocator:
    """The bank's page in our frame."""
    return page.frame_locator("iframe[name^=__privateStripeFrame][title='Secure authentication frame']").frame_locator(
        'iframe[name="stripe-challenge-frame"]')


async def intent(shop: Shop, amount: int = 2000, **more: str) -> dict[str, Any]:
    """A new PaymentIntent of the shop's server."""
    data = {"amount": str(amount), "currency": "usd", "automatic_payment_methods[enabled]": "true", **more}
    answer = await shop.api("POST", "/v1/payment_intents", data)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def status(shop: Shop, id: str) -> str:
    kind = "setup_intents" if id.startswith("seti_") else "payment_intents"
    return str((await shop.api("GET", f"/v1/{kind}/{id}")).json()["status"])
