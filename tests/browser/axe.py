"""axe-core on a page: its rules for WCAG 2.2 AA and its best practices, none of which a page of ours breaks."""

from collections.abc import Mapping
from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

_RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
_OF_COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}


async def sound_in_every_look(page: Page) -> None:
    """The same on a phone and on a wide screen; in the dark, what rests on colours."""
    for width in (375, 1280):
        await page.set_viewport_size({"width": width, "height": 800})
        for scheme, rules in (("light", _RULES), ("dark", _OF_COLOURS)):
            await page.emulate_media(color_scheme=scheme)
            await page.evaluate("Promise.allSettled(document.getAnimations().map((one) => one.finished))")
            await sound(page, rules)


async def sound(page: Page, rules: Mapping[str, Any] = _RULES) -> None:
    """Fails with the rules that the page breaks and where."""
    found = await Axe().run(page, options={"runOnly": rules, "resultTypes": ["violations"]})
    broken = [(one["id"], [node["html"][:160] for node in one["nodes"]]) for one in found.response["violations"]]
    assert broken == [], broken
