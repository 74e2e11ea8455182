"""Addresses to endpoints: parts of a path are split before they are decoded, so that an id may hold anything.

Merchants choose ids such as `25% off!` or `Pro plan $699/month`. The official libraries write them form-encoded, with
`+` for a blank and `%2F` for a slash.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, unquote_plus

from starlette.types import ASGIApp, Receive, Scope, Send

_HOLE, _END = "{}", ""
Found = tuple[str, dict[str, str]]
"""The template of a path, and what stands in its holes."""


class Addresses:
    """The applications of many paths, and one for every other path; names go before holes."""

    def __init__(self, apps: Mapping[str, ASGIApp], otherwise: ASGIApp) -> None:
        self._apps, self._otherwise = apps, otherwise
        self._tree: dict[str, Any] = {}
        for template in apps:
            node = self._tree
            for part in template.split("/")[1:]:
                node = node.setdefault(_HOLE if part.startswith("{") else part, {})
            node[_END] = template

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self.find(scope.get("raw_path") or scope["path"].encode())
        if found is None:
            await self._otherwise(scope, receive, send)
            return
        template, values = found
        await self._apps[template]({**scope, "template": template, "path_params": values}, receive, send)

    def find(self, raw: bytes) -> Found | None:
        """Which path this is, or None."""
        parts = raw.partition(b"?")[0].decode("latin-1").split("/")[1:]
        template = _walk(self._tree, parts)
        if template is None:
            return None
        names = template.split("/")[1:]
        return template, {name[1:-1]: unquote_plus(part) for name, part in zip(names, parts, strict=True)
                          if name.startswith("{")}


def _walk(node: dict[str, Any], parts: list[str]) -> str | None:
    if not parts:
        return node.get(_END)
    word = unquote(parts[0])
    following = [node[name] for name in (word, _HOLE) if word and name in node]
    return next((found for one in following if (found := _walk(one, parts[1:]))), None)
