"""axe-core on a page: its rules for WCAG 2.2 AA and its best practices, none of which a page of ours breaks."""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Page

from tests.browser.chromium import SCHEMES, wear

_RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


async def sound_in_every_look(page: Page) -> None:
    """The same on a phone and on a wide screen, light and dark."""
    for width in (375, 1280):
        await page.set_viewport_size({"width": width, "height": 800})
        for scheme in SCHEMES:
            await wear(page, scheme)
            await sound(page)


async def sound(page: Page) -> None:
    """Fails with the rules that the page breaks and where."""
    if not await page.evaluate("'axe' in window"):  # half a megabyte, once a page
        await page.evaluate(AXE_SCRIPT)
    found = await page.evaluate("options => axe.run(options)", {"runOnly": _RULES, "resultTypes": ["violations"]})
    broken = [(one["id"], [(node["html"][:160], node["failureSummary"][:300]) for node in one["nodes"]])
              for one in found["violations"]]
    assert broken == [], broken
