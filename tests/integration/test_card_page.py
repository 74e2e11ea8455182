"""The page about card numbers in text says what is measured now."""

import pytest

from tests import card_corpora


@pytest.mark.slow
def test_the_page_holds_todays_rates() -> None:
    assert card_corpora.PAGE.read_text().partition("<!-- measured -->\n")[2] == card_corpora.tables()
