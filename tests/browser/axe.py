"""axe-core on a page: its rules for WCAG 2.2 AA and its best practices, none of which a page of ours breaks."""

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

_RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


async def sound_in_every_look(page: Page) -> None:
    """The same on a phone and on a wide screen, light and dark."""
    for width in (375, 1280):
        await page.set_viewport_size({"width": width, "height": 800})
        for dark in (False, True):
            await page.emulate_media(color_scheme="dark" if dark else "light")
            await page.evaluate("Promise.allSettled(document.getAnimations().map((one) => one.finished))")
            await sound(page)


async def sound(page: Page) -> None:
    """Fails with the rules that the page breaks and where."""
    found = await Axe().run(page, options={"runOnly": _RULES, "resultTypes": ["violations"]})
    broken = [(one["id"], [node["html"][:160] for node in one["nodes"]]) for one in found.response["violations"]]
    assert broken == [], broken
