"""Which pages go out compressed: whatever the client takes, but nothing whose length could tell a secret."""

import gzip

import pytest
from starlette.requests import Request

from backend.web import compression

PAGE = "<p>One line of a page like all the others.</p>\n" * 40


def request(**headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "headers": raw})


@pytest.mark.parametrize(("said", "taken"), [
    ("gzip", True), ("gzip, deflate, br, zstd", True), ("br;q=1.0, GZIP;q=0.5", True), ("deflate, x-gzip", True),
    ("gzip;q=0", False), ("gzip; q=0.0", False), ("br", False), ("", False), ("notgzip", False)])
def test_what_a_client_takes(said: str, taken: bool) -> None:
    assert compression.accepted(request(accept_encoding=said)) is taken
    answer = compression.html(request(accept_encoding=said), PAGE, 200, {"Vary": "HX-Request"}, https=True)
    assert answer.headers["vary"] == "HX-Request, Accept-Encoding"
    assert (answer.headers.get("content-encoding") == "gzip") is taken
    assert (gzip.decompress(answer.body) if taken else answer.body).decode() == PAGE
    assert int(answer.headers["content-length"]) == len(answer.body)
    assert (len(answer.body) < 200) is taken


@pytest.mark.parametrize("secret", ["sk_test_a1B2c3D4e5", "sk_live_a1B2c3D4e5", "rk_test_a1B2c3D4e5",
                                    "whsec_Zm9vYmFyYmF6", "pi_123_secret_a1B2c3D4e5"])
def test_a_page_that_shows_a_secret_is_not_compressed(secret: str) -> None:
    answer = compression.html(request(accept_encoding="gzip"), PAGE + secret, 200, {}, https=True)
    assert ("content-encoding" in answer.headers, answer.headers["vary"]) == (False, "Accept-Encoding")


@pytest.mark.parametrize(("headers", "https", "compressed"), [
    ({"cookie": "a=1", "sec_fetch_site": "cross-site"}, True, False),
    ({"cookie": "a=1", "sec_fetch_site": "same-site"}, True, False), ({"cookie": "a=1"}, True, False),
    ({"cookie": "a=1", "sec_fetch_site": "same-origin"}, True, True),
    ({"cookie": "a=1", "sec_fetch_site": "none"}, True, True),
    ({"sec_fetch_site": "cross-site"}, True, True), ({"cookie": "a=1"}, False, True)])
def test_what_another_site_asked_for_in_a_members_name_is_not_compressed(
        headers: dict[str, str], https: bool, compressed: bool) -> None:
    answer = compression.html(request(accept_encoding="gzip", **headers), PAGE, 200, {}, https=https)
    assert ("content-encoding" in answer.headers) is compressed
