"""A real Chromium for the browser tests: the system's, else Playwright's, else one sentence that says what to do."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Literal

from playwright.async_api import Browser, Error, Frame, Page, async_playwright, expect

from tests import stack

PATIENCE_MS = 90_000
"""How long a page may take for what it must come to: a machine that is busy with other things is only slow."""
OPEN_SECONDS, VISIT_SECONDS = 60, 600
"""How long a page may take to be there or to go, and a visit as a whole: nothing here waits for ever."""
expect.set_options(timeout=PATIENCE_MS)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_ASKED = 20
_MISSING = "No Chromium here. Run `playwright install chromium`, or install the system's package `chromium`."


@asynccontextmanager
async def launched() -> AsyncIterator[Browser]:
    """A running browser; raises RuntimeError with one sentence when there is none."""
    async with async_playwright() as playwright:
        try:
            browser = await playwright.chromium.launch(**stack.chromium())
        except Error as error:
            if "Executable doesn't exist" in str(error):
                raise RuntimeError(_MISSING) from error
            raise
        try:
            yield browser
        finally:
            with suppress(TimeoutError):
                async with asyncio.timeout(OPEN_SECONDS):
                    await browser.close()


@asynccontextmanager
async def visiting(browser: Browser, **options: Any) -> AsyncIterator[Page]:
    """A page in a fresh profile; fails the test when the page's script crashes or breaks its security policy.

    Nothing moves by itself: a click into the bank's frame while it still glides in could miss it. A failure tells what
    the page had asked last and what it showed.
    """
    page = await _opened(browser, options)
    troubles: list[str] = []
    asked: deque[str] = deque(maxlen=_ASKED)
    page.on("response", lambda answer: asked.append(f"{answer.status} {answer.request.method} {answer.url}"))
    page.on("requestfailed", lambda request: asked.append(f"{request.failure} {request.method} {request.url}"))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda line: troubles.append(line.text)
            if line.type == "error" and "Content Security Policy" in line.text else None)
    try:
        async with asyncio.timeout(VISIT_SECONDS):
            yield page
        assert not troubles, troubles
    except BaseException as error:
        error.add_note("\n".join([*asked, *[await _shown(frame) for frame in page.frames]]))
        raise
    finally:
        with suppress(TimeoutError):
            async with asyncio.timeout(OPEN_SECONDS):
                await page.context.close()


async def wear(page: Page, scheme: Literal["light", "dark"]) -> None:
    """Show the page in these colours, at their last shade: what inherits a colour moves after what it has it from."""
    await page.emulate_media(color_scheme=scheme)
    await page.evaluate("""async () => {
        const pause = (ms) => new Promise((done) => setTimeout(done, ms));
        const moving = () => document.getAnimations().filter((one) => one instanceof CSSTransition);
        for (let round = 0; round < 10; round += 1) {  // what turns for ever is no colour that comes to rest
          await Promise.race([new Promise(requestAnimationFrame), pause(200)]);
          if (!moving().length) break;
          await Promise.race([Promise.allSettled(moving().map((one) => one.finished)), pause(1000)]);
        }
    }""")


async def _opened(browser: Browser, options: dict[str, Any]) -> Page:
    """An empty page. Of some thousand that are asked for Chromium forgets to say of one that it is there, for ever:
    then another is opened."""
    for last in (False, True):
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                context = await browser.new_context(**{"locale": "en-US", "reduced_motion": "reduce", **options})
                context.set_default_timeout(PATIENCE_MS)
                return await context.new_page()
        except TimeoutError:
            if last:
                raise
    raise AssertionError


async def _shown(frame: Frame) -> str:
    """The words in a frame, as far as it still answers."""
    with suppress(Error):
        return f"{frame.url} shows: {await frame.inner_text('body', timeout=2_000)}"
    return f"{frame.url} shows nothing"
