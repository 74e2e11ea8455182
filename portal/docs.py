"""The documentation: Markdown files of `docs/`, rendered with the portal's design, readable without signing in."""

import re
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from backend.config import ROOT
from portal import keys, page, rights

FOLDER = ROOT / "docs"
_NAME = re.compile(r"[a-z0-9-]{1,80}(?:/[a-z0-9-]{1,80})?")
_NODE = "host: &quot;localhost&quot;, port: 8420, protocol: &quot;http&quot;"
"""How the Node.js samples say the address of the API."""
_FIRST = ("accept-a-payment", "test-cards", "webhooks", "api", "errors", "parity")


@cache
def _markdown() -> MarkdownIt:
    """CommonMark with tables; raw HTML in a document is shown as text."""
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def anchor(title: str) -> str:
    """`Your first payment` -> `your-first-payment`; an error code stays as it is."""
    return re.sub(r"[^a-z0-9_]+", "-", title.lower()).strip("-")


def render(source: str) -> tuple[str, Markup]:
    """(title, HTML) of a document; every heading carries an id, so that it can be linked."""
    tokens = _markdown().parse(source)
    title = ""
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            text = tokens[place + 1].content.replace("`", "")
            token.attrSet("id", anchor(text))
            title = title or text
        elif token.type == "inline":
            _relative(token)
    html = _markdown().renderer.render(tokens, _markdown().options, {})
    for tag, label in (("pre", "Example"), ("table", "Table")):  # what scrolls sideways is reachable by keyboard
        frame = f'<div class="sideways" tabindex="0" role="group" aria-label="{label}">'
        html = html.replace(f"<{tag}>", f"{frame}<{tag}>")
        html = html.replace(f"</{tag}>", f"</{tag}></div>")
    return title, Markup(html)  # noqa: S704 - raw HTML is off in the parser


def _relative(token: Token) -> None:
    """Links between files (`../errors.md#x`) become addresses (`/docs/errors#x`)."""
    for child in token.children or []:
        href = str(child.attrs.get("href", ""))
        match = re.fullmatch(r"(?:\./|\.\./|guides/)*([a-z0-9-]+)\.md(#.*)?", href)
        if match:
            child.attrSet("href", f"/docs/{match[1]}{match[2] or ''}")


def _files() -> dict[str, Path]:
    """Address -> file: `docs/*.md` and `docs/guides/*.md` by their stem, other folders by folder/stem."""
    found: dict[str, Path] = {}
    for path in sorted(FOLDER.rglob("*.md")):
        parts = path.relative_to(FOLDER).with_suffix("").parts
        name = parts[-1] if parts[0] == "guides" or len(parts) == 1 else "/".join(parts[-2:])
        found.setdefault(name, path)
    return found


@cache
def _pages() -> dict[str, tuple[str, Markup]]:
    return {name: render(path.read_text(encoding="utf-8")) for name, path in _files().items()}


def menu() -> list[tuple[str, str]]:
    """(address, title) of every page that is worth a place beside the text."""
    pages = {**{name: title for name, (title, _) in _pages().items()}, "api": "API reference"}
    order = [name for name in _FIRST if name in pages]
    order += [name for name in pages if name not in order and "/" not in name]
    return [(name, pages[name]) for name in order]


async def _own(request: Request, body: Markup) -> Markup:
    """A page with this installation's addresses and, for who is signed in, with a test key of theirs."""
    who, settings = await page.member(request), page.runtime(request).settings
    api = urlsplit(settings.api_base)
    node = (f'host: &quot;{api.hostname}&quot;, port: {api.port or (443 if api.scheme == "https" else 80)}, '
            f'protocol: &quot;{api.scheme}&quot;')
    changes = {_NODE: node, "http://localhost:8420": settings.api_base, "http://pay.localhost:8420": settings.pay_base,
               "http://js.localhost:8421": settings.elements_base, "http://bank.localhost:8422": settings.bank_base}
    if who and rights.sees_keys(who.role) and (key := await keys.own(await page.context(request, who))):
        changes |= {"sk_test_…": key, "&quot;$KEY:&quot;": f"{key}:"}
    for written, meant in changes.items():
        body = Markup(str(body).replace(written, str(escape(meant)) if written != _NODE else meant))  # noqa: S704
    return body


async def show(request: Request) -> Response:
    """GET /docs and /docs/{name}; 404 for anything that is not a file of ours."""
    name = str(request.path_params.get("name") or "")
    name = name.removesuffix(".md").removeprefix("guides/")
    if not name:
        return RedirectResponse(f"/docs/{_FIRST[0]}", 303)
    found = _pages().get(name) if _NAME.fullmatch(name) else None
    if found is None:
        return page.told(request, "Not found", "There is no such page in the documentation.", 404)
    title, body = found
    body = await _own(request, body)
    values = {"title": title, "body": body, "menu": menu(), "name": name, "member": await page.member(request)}
    return page.html(request, "docs.html", values)
