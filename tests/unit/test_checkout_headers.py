"""The security headers of pages, and the files that pages load."""

import base64
import hashlib
import re

import pytest

from backend.config import ROOT
from backend.web import headers, static
from backend.web.headers import Surface


def test_a_policy_allows_nothing_that_was_not_asked_for() -> None:
    policy = headers.policy(Surface(), "N")
    for part in ("default-src 'none'", "script-src 'nonce-N'", "connect-src 'none'", "frame-src 'none'",
                 "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"):
        assert part in policy
    assert "unsafe" not in policy


def test_frames_on_merchants_pages_stand_on_https_when_it_is_live() -> None:
    assert headers.merchants(live=True) == ("https:",)
    assert {"https:", "http://localhost:*"} < set(headers.merchants(live=False))


def test_a_page_that_nobody_may_frame_says_so_twice() -> None:
    assert headers.page(Surface(), "N", https=False)["X-Frame-Options"] == "DENY"
    assert "X-Frame-Options" not in headers.page(Surface(ancestors=("'self'",)), "N", https=False)


@pytest.mark.parametrize("https", [True, False])
def test_transport_security_is_told_on_https_only(https: bool) -> None:
    assert ("Strict-Transport-Security" in headers.page(Surface(), "N", https=https)) == https


def test_the_vendored_fonts_are_those_that_their_page_names() -> None:
    folder = ROOT / "static" / "vendor" / "dejavu"
    named = dict(re.findall(r"`(\S+\.ttf)` `([^`]{64})`", (folder / "README.md").read_text()))
    assert named == {path.name: base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()
                     for path in folder.glob("*.ttf")}
    assert len(named) == 2


def test_the_vendored_htmx_is_the_one_that_its_page_names() -> None:
    folder = ROOT / "static" / "vendor" / "htmx"
    named = re.search(r"SHA-384 \(base64\): `([^`]+)`", (folder / "README.md").read_text())
    asset = static.assets()["vendor/htmx/htmx-4.0.1.min.js"]
    assert named
    assert asset.integrity == f"sha384-{named[1]}"


def test_an_address_holds_the_hash_of_its_file() -> None:
    for name, asset in static.assets().items():
        digest = hashlib.sha384((ROOT / "static" / name).read_bytes()).hexdigest()
        assert digest[:12] in asset.url


def test_templates_have_no_inline_script_style_or_handler() -> None:
    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text()
        assert not re.search(r"<[^>]+\s(?:on[a-z]+|style)=", text), path
        assert not re.search(r"<style|javascript:|hx-on|hx-vals=.js:", text), path
        for tag in re.findall(r"<script[^>]*>", text):
            assert 'type="application/json"' in tag, (path, tag)


def test_our_scripts_never_post_to_any_origin() -> None:
    for path in (ROOT / "static" / "checkout").glob("*.js"):
        assert not re.search(r"postMessage\([^)]*[\"']\*[\"']", path.read_text()), path
