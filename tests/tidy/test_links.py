"""Every link of the documents leads somewhere: as files, as a forge shows them, and as the portal does."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt

from portal import docs
from tests.stack import ROOT

DOCUMENTS = sorted((*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")))
_ELSEWHERE = re.compile(r"[a-z]+:")
_MADE = re.compile(r"api(/[a-z_-]+)?")
"""Pages below /docs that are no documents: the reference, which links to itself (tests/conformance)."""


@cache
def _read(path: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The anchors of a document's headings, and where its links lead."""
    tokens = MarkdownIt("commonmark").enable("table").parse(path.read_text(encoding="utf-8"))
    anchors = (docs.anchor(tokens[place + 1].content.replace("`", ""))
               for place, token in enumerate(tokens) if token.type == "heading_open")
    links = (str(child.attrs.get("href", "")) for token in tokens for child in token.children or []
             if child.type == "link_open")
    return tuple(anchors), tuple(links)


def _dead(path: Path) -> Iterator[str]:
    for link in _read(path)[1]:
        where, _, anchor = link.partition("#")
        target = (path.parent / where).resolve() if where else path
        if _ELSEWHERE.match(link):
            continue
        if not target.is_relative_to(ROOT) or not target.exists() or (
                anchor and (target.suffix != ".md" or anchor not in _read(target)[0])):
            yield link


def test_every_link_between_the_documents_leads_somewhere() -> None:
    assert sum(len(_read(path)[1]) for path in DOCUMENTS) > 100
    assert {str(path.relative_to(ROOT)): dead for path in DOCUMENTS if (dead := list(_dead(path)))} == {}


def test_no_two_headings_of_a_page_have_one_anchor() -> None:
    """Else a link to the second leads to the first."""
    pages = [path for path in DOCUMENTS if path.is_relative_to(ROOT / "docs")]
    assert {path.name: twice for path in pages
            if (twice := [one for one, times in Counter(_read(path)[0]).items() if times > 1])} == {}


def _lost(links: list[str], page: str = "") -> list[str]:
    """The links, of a page of the portal or to one, that lead nowhere there."""
    return [link for link in links if not _ELSEWHERE.match(link) and not _found(link, page)]


def _found(link: str, page: str) -> bool:
    where, _, anchor = link.partition("#")
    name = where.removeprefix("/docs/") if where else page
    if _MADE.fullmatch(name):
        return not anchor
    known = docs.pages().get(name)
    return known is not None and (where == "" or where.startswith("/docs/")) and (
        not anchor or f'id="{anchor}"' in known[1])


def test_every_link_on_a_page_of_the_portal_leads_somewhere() -> None:
    assert {name: lost for name, (_, html) in docs.pages().items()
            if (lost := _lost(re.findall(r'<a href="([^"]*)"', html), name))} == {}


def test_every_page_that_the_code_names_is_there() -> None:
    named = re.compile(r"/docs/[a-z0-9-]+(?:/[a-z0-9-]+)?(?:#[a-z0-9_-]+)?(?![\w{/-])")
    places = [path for door in ("api", "backend", "checkout", "portal", "templates", "vault")
              for path in (ROOT / door).rglob("*") if path.suffix in (".py", ".html")]
    found = {path.name: named.findall(path.read_text(encoding="utf-8")) for path in places}
    assert sum(map(len, found.values())) > 5
    assert {name: lost for name, links in found.items() if (lost := _lost(links))} == {}
