"""Pictures of what is sold: only those that the page may show, and that its policy can name."""

import pytest

from checkout import texts


@pytest.mark.parametrize(("url", "origin"), [
    ("https://pictures.example/a.png", "https://pictures.example"),
    ("https://pictures.example:8443/a.png?b=c", "https://pictures.example:8443"),
    ("http://pictures.example/a.png", None), ("https://user@pictures.example/a.png", None),
    ("https://user:word@pictures.example/a.png", None), ("https://pictures.example:99999/a.png", None),
    ("https://pictures.example;script-src */a.png", None), ("https:///a.png", None),
    ("data:image/png;base64,AA", None)])
def test_a_picture_comes_from_a_plain_https_host(url: str, origin: str | None) -> None:
    assert texts.origin(url) == origin


def test_the_first_picture_that_may_be_shown_is_shown() -> None:
    assert texts.image_of(["http://a.example/1.png", "https://u@a.example/2.png", "https://a.example/3.png"]) \
        == "https://a.example/3.png"
    assert texts.image_of(["http://a.example/1.png"]) is None
    assert texts.image_of(None) is None
