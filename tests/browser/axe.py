"""axe-core on a page: its rules for WCAG 2.2 AA and its best practices, none of which a page of ours breaks."""

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


async def sound(page: Page) -> None:
    """Fails with the rules that the page breaks and where."""
    found = await Axe().run(page, options={"runOnly": {"type": "tag", "values": _TAGS}})
    broken = [(one["id"], [node["html"][:160] for node in one["nodes"]]) for one in found.response["violations"]]
    assert broken == [], broken
