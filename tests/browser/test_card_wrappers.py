"""The official wrappers, unmodified, with our script in the page: loadStripe, and React in strict mode, new and old."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, expect

from tests import packages
from tests.browser.chromium import visiting
from tests.browser.fields import PAYMENT, intent, status, type_card, type_payment
from tests.browser.merchant import Merchant, selling
from tests.browser.shop import Shop

_APP = """
import React, { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { loadStripe } from '@stripe/stripe-js';
import { CardElement, Elements, PaymentElement, useElements, useStripe } from '@stripe/react-stripe-js';

const { key, secret, card } = window.shop;
const promise = loadStripe(key);

function Form() {
  const stripe = useStripe(), elements = useElements();
  const [said, say] = useState('');
  const [ready, become] = useState('waiting');
  const pay = async (event) => {
    event.preventDefault();
    const found = card
      ? await stripe.confirmCardPayment(secret, { payment_method: { card: elements.getElement(CardElement) } })
      : await stripe.confirmPayment({ elements, redirect: 'if_required' });
    say(found.error ? found.error.message : found.paymentIntent.status);
  };
  const Field = card ? CardElement : PaymentElement;
  return <form onSubmit={pay}><Field onReady={() => become('ready')}
    onChange={({ complete }) => complete && become('complete')} />
    <p id="ready">{ready}</p><p id="said">{said}</p><button>Pay</button></form>;
}

createRoot(document.getElementById('root')).render(<StrictMode>
  <Elements stripe={promise} options={card ? {} : { clientSecret: secret }}><Form /></Elements></StrictMode>);
"""


@pytest.fixture(scope="module")
def merchant() -> Iterator[Merchant]:
    with selling() as made:
        yield made


_OLD = {"react": "react-18", "react-dom": "react-dom-18", "@stripe/stripe-js": "stripe-js-5",
        "@stripe/react-stripe-js": "react-stripe-js-3"}
_NEW = {name: name for name in _OLD}
_SCRIPTS = {"old": "v3/", "new": "endive/stripe.js"}


@pytest.fixture(scope="module", params=["old", "new"])
def app(request: pytest.FixtureRequest, merchant: Merchant, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Which majors of React and of the wrappers the shop's bundle was made with."""
    place, age, folder = packages.browser(), str(request.param), tmp_path_factory.mktemp("app")
    (folder / "app.jsx").write_text(_APP)
    alias = {name: place / "node_modules" / one for name, one in (_OLD if age == "old" else _NEW).items()}
    options = {"entryPoints": [str(folder / "app.jsx")], "outfile": str(folder / "app.js"), "bundle": True,
               "nodePaths": [str(place / "node_modules")], "alias": {name: str(path) for name, path in alias.items()},
               "define": {"process.env.NODE_ENV": '"development"'}, "logLevel": "error"}
    packages.node("-e", f"require('esbuild').buildSync({json.dumps(options)})", cwd=place)
    merchant.put(f"/{age}.js", Path(folder / "app.js").read_text())
    return age


_OWN = """
import { loadStripe } from 'farthing-load';

const { key, secret, base } = window.shop;
const stripe = await loadStripe(key, { baseUrl: base, train: 'dahlia' });
const card = stripe.elements().create('card', { hidePostalCode: true });
card.on('ready', () => { document.getElementById('ready').textContent = 'ready'; });
card.mount('#root');
document.querySelector('button').addEventListener('click', async () => {
  const { paymentIntent } = await stripe.confirmCardPayment(secret, { payment_method: { card } });
  document.getElementById('said').textContent = paymentIntent.status;
});
"""


async def test_our_own_loader_fetches_the_script(browser: Browser, shop: Shop, merchant: Merchant,
                                                 tmp_path: Path) -> None:
    place, made = packages.browser(), await intent(shop)
    (tmp_path / "own.js").write_text(_OWN)
    options = {"entryPoints": [str(tmp_path / "own.js")], "outfile": str(tmp_path / "out.js"), "bundle": True,
               "format": "esm", "alias": {"farthing-load": str(packages.BROWSER.parent / "load" / "index.js")}}
    packages.node("-e", f"require('esbuild').buildSync({json.dumps(options)})", cwd=place)
    merchant.put("/own.js", (tmp_path / "out.js").read_text())
    told = {"key": shop.stack.publishable_key, "secret": made["client_secret"],
            "base": shop.stack.values["elements_url"]}
    url = merchant.put("/own", f"""<!doctype html><html lang="en"><head><title>Shop</title></head><body>
        <div id="root"></div><p id="ready"></p><p id="said"></p><button>Pay</button>
        <script>window.shop = {json.dumps(told)}</script><script type="module" src="/own.js"></script></body></html>""")
    async with visiting(browser) as page:
        await page.goto(url)
        await expect(page.locator("#ready")).to_have_text("ready")
        await page.frame_locator("iframe[title^='Secure card']").locator("[name=cardnumber]").click()
        await page.keyboard.type("42424242424242421234123")
        await page.click("button")
        await expect(page.locator("#said")).to_have_text("succeeded")
        assert await page.evaluate("Stripe.version") == "dahlia"


@pytest.mark.parametrize("element", ["payment", "card"])
async def test_the_wrappers_work_as_they_are(browser: Browser, shop: Shop, merchant: Merchant, app: str,
                                             element: str) -> None:
    made, hosts = await intent(shop), set()
    told = {"key": shop.stack.publishable_key, "secret": made["client_secret"], "card": element == "card"}
    url = merchant.put(f"/{element}-{app}", f"""<!doctype html><html lang="en"><head><title>Shop</title>
        <script src="{shop.stack.values['elements_url']}/{_SCRIPTS[app]}"></script>
        <script>window.shop = {json.dumps(told)}</script></head>
        <body><div id="root"></div><script src="/{app}.js"></script></body></html>""")
    async with visiting(browser) as page:
        page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
        warned: list[str] = []
        page.on("console", lambda line: warned.append(line.text) if line.type in ("warning", "error") else None)
        await page.goto(url)
        await expect(page.locator("#ready")).to_have_text("ready")
        await expect(page.locator(PAYMENT if element == "payment" else "iframe[title^='Secure card']")).to_have_count(1)
        await (type_payment if element == "payment" else type_card)(page)
        await expect(page.locator("#ready")).to_have_text("complete")
        await page.get_by_role("button", name="Pay").click()
        await expect(page.locator("#said")).to_have_text("succeeded")
        assert await page.evaluate("Stripe.version") == (3 if app == "old" else "endive")
    assert hosts <= {"shop.localhost", "js.localhost", "localhost"}
    assert not [one for one in warned if "stripe" in one.lower()], warned
    assert await status(shop, made["id"]) == "succeeded"
