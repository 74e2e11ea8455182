"""The issuer's pages in a real browser, inside a frame of the shop's payment page, as shoppers meet them."""

import asyncio
import base64
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import parse_qs

import httpx2
import pytest
from playwright.async_api import Browser, Frame, Page, async_playwright

from tests.free_ports import free_ports
from tests.network import Network
from tests.stack import chromium

STRANGER = "--host-resolver-rules=MAP evil.example 127.0.0.1"
"""A name that is no shop's of this machine, though it is served by it."""


class Shop:
    """A payment page that frames the challenge, and the address where the browser comes back."""

    def __init__(self) -> None:
        self.port = free_ports(1)[0]
        self.base = f"http://pay.localhost:{self.port}"
        self.page = b""
        self.returned: asyncio.Queue[dict[str, list[str]]] = asyncio.Queue()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        body = self.page
        if head.startswith("POST"):
            length = next(int(line.split(":")[1]) for line in head.lower().split("\r\n") if "content-length" in line)
            self.returned.put_nowait(parse_qs((await reader.readexactly(length)).decode()))
            body = b"<p id=back>Thank you</p>"
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n" + body)
        await writer.drain()
        writer.close()


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        options = chromium()
        running = await playwright.chromium.launch(**options | {"args": [*options["args"], STRANGER]})
        yield running
        await running.close()


@pytest.fixture(scope="module")
async def shop() -> AsyncIterator[Shop]:
    one = Shop()
    server = await asyncio.start_server(one.serve, "127.0.0.1", one.port)
    yield one
    server.close()


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory, shop: Shop) -> Iterator[Network]:
    folder: Path = tmp_path_factory.mktemp("network")
    running = Network(folder, PAY_BASE=shop.base).start()
    yield running
    running.stop()


async def challenged(page: Page, shop: Shop, network: Network) -> tuple[Frame, str]:
    """Bring the browser to the challenge inside the shop's frame; returns the frame and the server's id."""
    server_id = str(uuid.uuid4())
    ares = httpx2.post(f"{network.base}/3ds/areq", json={
        "messageType": "AReq", "threeDSServerTransID": server_id, "acctNumber": "4000000000003220",
        "purchaseAmount": "1999", "purchaseCurrency": "978", "purchaseExponent": "2", "merchantName": "Fern & Oak",
        "notificationURL": f"{shop.base}/return"}).json()
    creq = base64.urlsafe_b64encode(json.dumps({
        "messageType": "CReq", "threeDSServerTransID": server_id, "acsTransID": ares["acsTransID"],
        "messageVersion": "2.2.0"}).encode()).decode()
    shop.page = (f'<iframe name="challenge" sandbox="allow-forms allow-scripts allow-same-origin"></iframe>'
                 f'<form method="post" action="{ares["acsURL"]}" target="challenge"><input name="creq" value="{creq}">'
                 f"</form><script>document.forms[0].submit()</script>").encode()
    await page.goto(shop.base)
    frame = page.frame("challenge")
    assert frame is not None
    await frame.wait_for_selector("#test-source-authorize-3ds")
    return frame, server_id


@pytest.mark.parametrize("javascript", [True, False])
async def test_a_shopper_comes_back_with_the_answer(browser: Browser, shop: Shop, network: Network,
                                                    javascript: bool) -> None:
    context = await browser.new_context()
    page = await context.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    if not javascript:  # the shop's own page needs its script to get here, so only the bank's are taken away
        await page.route("**/static/*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    frame, server_id = await challenged(page, shop, network)
    await frame.fill("#code", "123456")
    await frame.click("text=Submit code")
    if not javascript:
        await frame.click("text=Continue")
    form = await asyncio.wait_for(shop.returned.get(), 10)
    await frame.wait_for_selector("#back")
    cres = json.loads(base64.urlsafe_b64decode(form["cres"][0] + "=="))
    assert (cres["threeDSServerTransID"], cres["transStatus"]) == (server_id, "Y")
    assert httpx2.get(f"{network.base}/3ds/results/{server_id}").json()["transStatus"] == "Y"
    assert problems == []
    await context.close()


async def test_a_double_click_is_one_answer(browser: Browser, shop: Shop, network: Network) -> None:
    context = await browser.new_context()
    frame, server_id = await challenged(await context.new_page(), shop, network)
    await frame.dblclick("#test-source-fail-3ds")
    await asyncio.wait_for(shop.returned.get(), 10)
    await frame.wait_for_selector("#back")
    result = httpx2.get(f"{network.base}/3ds/results/{server_id}").json()
    assert (result["transStatus"], result["interactionCounter"]) == ("N", "01")
    await context.close()


async def test_a_strangers_page_cannot_frame_the_challenge(browser: Browser, shop: Shop, network: Network) -> None:
    context = await browser.new_context()
    page = await context.new_page()
    _, server_id = await challenged(page, shop, network)
    await page.goto(shop.base.replace("pay.localhost", "evil.example"))
    await page.wait_for_load_state("networkidle")
    frame = page.frame("challenge")
    assert frame is not None
    assert await frame.query_selector("#test-source-authorize-3ds") is None
    assert httpx2.get(f"{network.base}/3ds/results/{server_id}").status_code == 404
    await context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 375, 250])
async def test_the_page_fits_every_window(browser: Browser, shop: Shop, network: Network, scheme: str,
                                          width: int) -> None:
    context = await browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 700})  # type: ignore
    page = await context.new_page()
    frame, _ = await challenged(page, shop, network)
    await page.goto(frame.url if "/acs/challenge" not in frame.url else await _own_address(frame))
    too_wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert too_wide == 0
    unlabelled = await page.eval_on_selector_all(
        "input:not([type=hidden])", "all => all.filter(one => !one.labels.length).length")
    assert unlabelled == 0
    await context.close()


async def _own_address(frame: Frame) -> str:
    path = await frame.get_attribute("form", "action")
    return f"{frame.url.rsplit('/acs/', 1)[0]}{path}"
