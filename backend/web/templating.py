"""The one Jinja environment: escaping on, unknown names are errors, our own assets with their hashes."""

from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from jinja2_fragments import render_block as _render_block
from markupsafe import Markup

from backend.config import ROOT
from backend.web import amounts
from backend.web.static import assets


def _stylesheet(name: str) -> Markup:
    """A `<link>` to one of our stylesheets, pinned by its hash."""
    asset = assets()[name]
    return Markup('<link rel="stylesheet" href="{}" integrity="{}">').format(asset.url, asset.integrity)


def _script(name: str, nonce: str) -> Markup:
    """A deferred `<script>` of ours, pinned by its hash and let through by the response's nonce."""
    asset = assets()[name]
    return Markup('<script defer src="{}" integrity="{}" nonce="{}"></script>').format(
        asset.url, asset.integrity, nonce)


@cache
def environment() -> Environment:
    """Templates of all doors, read from `templates/`; mirrors the doors' files name by name."""
    env = Environment(
        loader=FileSystemLoader(ROOT / "templates"), autoescape=select_autoescape(default=True),
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, auto_reload=False,
    )
    env.policies["json.dumps_kwargs"] = {"sort_keys": True, "ensure_ascii": False}
    env.globals.update(stylesheet=_stylesheet, script=_script, asset=lambda name: assets()[name].url)
    env.filters.update(amount=amounts.amount, when=amounts.when)
    env.globals["ui"] = env.get_template("shared/ui.html").module  # a global, so that lone blocks have it too
    return env


def render(template: str, **values: Any) -> str:
    """A whole page."""
    return environment().get_template(template).render(**values)


def render_block(template: str, block: str, **values: Any) -> str:
    """One block of a page, for htmx."""
    return _render_block(environment(), template, block, **values)
