"""A merchant's own sentences: plain text in which only links of Markdown mean something, cleaned by nh3."""

import re
from functools import cache
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_SCHEMES = {"https", "http", "mailto"}


@cache
def _markdown() -> MarkdownIt:
    """Links, escapes and line ends; no emphasis, no images, no HTML, no headings."""
    return MarkdownIt("zero", {"html": False, "linkify": False}).enable(["link", "escape", "newline"])


def linked(text: str | None) -> Markup | None:
    """`[words](https://…)` becomes a link that opens beside the page and tells nobody where it came from."""
    if not text:
        return None
    made = _markdown().renderInline(text)
    return Markup(nh3.clean(  # noqa: S704 - nh3 has cleaned it
        made, tags={"a", "br"}, attributes={"a": {"href"}}, url_schemes=_SCHEMES, link_rel="noopener noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}}))


def link(words: str, url: str | None) -> Markup:
    """`words` as a link where there is an address, else as they are."""
    if not url or urlsplit(url).scheme not in ("https", "http"):
        return escape(words)
    return Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>').format(url, words)


def image_of(urls: list[str] | None) -> str | None:
    """The first picture that may be shown: https, from a plain host name, without a login in its address."""
    return next((url for url in urls or () if origin(url)), None)


def origin(url: str) -> str | None:
    """`https://host:port` of an address that the page's policy can name; None for any other."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    host = parts.hostname or ""
    if parts.scheme != "https" or "@" in parts.netloc or not _HOST.fullmatch(host):
        return None
    return f"https://{host}{f':{port}' if port else ''}"
