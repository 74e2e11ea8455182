"""The documentation: Markdown files of `docs/`, rendered with the portal's design, readable without signing in."""

import re
from functools import cache
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from backend.config import ROOT
from portal import keys, page, rights

FOLDER = ROOT / "docs"
_NAME = re.compile(r"[a-z0-9-]{1,80}(?:/[a-z0-9-]{1,80})?")
_FIRST = ("accept-a-payment", "test-cards", "webhooks", "api", "errors", "parity")


@cache
def _markdown() -> MarkdownIt:
    """CommonMark with tables; raw HTML in a document is shown as text."""
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def anchor(title: str) -> str:
    """`Your first payment` -> `your-first-payment`; an error code stays as it is. Forges that show Markdown name
    headings in the same way, so one link serves both."""
    return re.sub(r"[^\w -]", "", title.lower()).strip().replace(" ", "-")


def render(source: str, path: Path) -> tuple[str, Markup]:
    """(title, HTML) of the document `source` that stands at `path`; every heading carries an id, so that it can be
    linked."""
    tokens = _markdown().parse(source)
    title = ""
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            text = tokens[place + 1].content.replace("`", "")
            token.attrSet("id", anchor(text))
            title = title or text
        elif token.type == "inline":
            _relative(token, path.parent)
    html = _markdown().renderer.render(tokens, _markdown().options, {})
    for tag, label in (("pre", "Example"), ("table", "Table")):  # what scrolls sideways is reachable by keyboard
        frame = f'<div class="sideways" tabindex="0" role="group" aria-label="{label}">'
        html = html.replace(f"<{tag}>", f"{frame}<{tag}>")
        html = html.replace(f"</{tag}>", f"</{tag}></div>")
    return title, Markup(html)  # noqa: S704 - raw HTML is off in the parser


def _relative(token: Token, folder: Path) -> None:
    """Links between files (`../errors.md#rate_limit`) become addresses (`/docs/errors#rate_limit`)."""
    for child in token.children or []:
        where, mark, heading = str(child.attrs.get("href", "")).partition("#")
        path = (folder / where).resolve()
        if where.endswith(".md") and path.is_relative_to(FOLDER):
            child.attrSet("href", f"/docs/{address(path)}{mark}{heading}")


def address(path: Path) -> str:
    """What a file is called below /docs: `docs/*.md` and `docs/guides/*.md` by their stem, others by folder/stem."""
    parts = path.relative_to(FOLDER).with_suffix("").parts
    return parts[-1] if parts[0] == "guides" or len(parts) == 1 else "/".join(parts[-2:])


@cache
def pages() -> dict[str, tuple[str, Markup]]:
    """Address -> (title, HTML) of every document."""
    return {address(path): render(path.read_text(encoding="utf-8"), path) for path in sorted(FOLDER.rglob("*.md"))}


def menu() -> list[tuple[str, str]]:
    """(address, title) of every page that is worth a place beside the text."""
    titles = {**{name: title for name, (title, _) in pages().items()}, "api": "API reference"}
    order = [name for name in _FIRST if name in titles]
    order += [name for name in titles if name not in order and "/" not in name]
    return [(name, titles[name]) for name in order]


async def _own(request: Request, body: Markup) -> Markup:
    """A page with this installation's addresses and, for who is signed in, with a test key of theirs."""
    who, settings = await page.member(request), page.runtime(request).settings
    bases = {"http://localhost:8420": settings.api_base, "http://pay.localhost:8420": settings.pay_base,
             "http://localhost:8421": settings.vault_base, "http://js.localhost:8421": settings.elements_base,
             "http://bank.localhost:8422": settings.bank_base,
             "http://shop.localhost:8423": settings.shop_base}
    changes = {way(shown): way(own) for shown, own in bases.items() for way in (str, _node)}
    if who and rights.sees_keys(who.role) and (key := await keys.own(await page.context(request, who))):
        changes |= {"sk_test_…": key, '"$KEY:"': f"{key}:"}
    meant = {escape(shown): escape(own) for shown, own in changes.items()}
    places = re.compile("|".join(map(re.escape, meant)))
    return Markup(places.sub(lambda shown: meant[shown[0]], str(body)))  # noqa: S704 - escaped above


def _node(address: str) -> str:
    """How the Node.js samples say an address."""
    parts = urlsplit(address)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f'host: "{parts.hostname}", port: {port}, protocol: "{parts.scheme}"'


async def show(request: Request) -> Response:
    """GET /docs and /docs/{name}; 404 for anything that is not a file of ours."""
    name = str(request.path_params.get("name") or "")
    name = name.removesuffix(".md").removeprefix("guides/")
    if not name:
        return RedirectResponse(f"/docs/{_FIRST[0]}", 303)
    found = pages().get(name) if _NAME.fullmatch(name) else None
    if found is None:
        return page.told(request, "Not found", "There is no such page in the documentation.", 404)
    title, body = found
    body = await _own(request, body)
    values = {"title": title, "body": body, "menu": menu(), "name": name, "member": await page.member(request)}
    return page.html(request, "docs.html", values)
