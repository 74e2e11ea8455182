"""Every catalogue of translations is whole, and one that is not is found out."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.languages import Domain
from tests import languages
from tests.stack import ROOT

ENGLISH = {"pay": "Pay {amount}.", "days": ("{count} day", "{count} days"), "close": "Close"}
WHOLE = '''msgid ""
msgstr ""
"Language: de\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgctxt "pay"
msgid "Pay {amount}."
msgstr "{amount} bezahlen."

msgctxt "days"
msgid "{count} day"
msgid_plural "{count} days"
msgstr[0] "{count} Tag"
msgstr[1] "{count} Tage"

msgctxt "close"
msgid "Close"
msgstr "Schließen"
'''


@pytest.mark.parametrize("domain", languages.DOMAINS, ids=lambda domain: str(domain.name))
def test_every_catalogue_is_whole(domain: Domain) -> None:
    assert {tag: found for tag in domain.catalogues if (found := languages.problems(domain, tag))} == {}


def test_every_catalogue_is_known_to_the_check() -> None:
    packages = ("backend", "checkout", "portal", "workers")
    there = {path for package in packages for path in (ROOT / package).rglob("*.po")}
    assert there == {path for domain in languages.DOMAINS for path in domain.catalogues.values()}


def test_the_check_belongs_to_the_makefile() -> None:
    assert re.search(r"^check:(?:.|\n\t)*tests\.languages$", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.fixture
def domain(tmp_path: Path) -> Callable[..., Domain]:
    def made(text: str = WHOLE, tag: str = "de") -> Domain:
        path = tmp_path / tag / "LC_MESSAGES" / "mail.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return Domain(tmp_path, "mail", ENGLISH)
    return made


@pytest.mark.parametrize(("old", "new", "told"), [
    ('msgctxt "close"\nmsgid "Close"\nmsgstr "Schließen"\n', "", "close: is missing"),
    ('msgctxt "close"', 'msgctxt "closed"', "closed: is no longer used"),
    ('msgid "Close"', 'msgid "Shut"', "close: the English has changed"),
    ("{amount} bezahlen.", "{sum} bezahlen.", "pay: has the blanks ['sum'] and needs ['amount']"),
    ("{amount} bezahlen.", "bezahlen.", "pay: has the blanks [] and needs ['amount']"),
    ("{count} Tage", "Tage", "days: has the blanks [] and needs ['count']"),
    ('msgstr[1] "{count} Tage"\n', "", "days: is not translated"),
    ('msgstr "Schließen"', 'msgstr ""', "close: is not translated"),
    ('msgctxt "close"', '#, fuzzy\nmsgctxt "close"', "close: is marked fuzzy"),
    ("{amount} bezahlen.", "{amount} bezahlen", "pay: ends as a sentence"),
    ("{amount} bezahlen.", "{amount}  bezahlen.", "pay: has a blank or a brace too many"),
    ("nplurals=2; plural=(n != 1)", "nplurals=1; plural=0", "more translations than num_plurals"),
    ("nplurals=2; plural=(n != 1)", "nplurals=2; plural=(n > 1)", "Plural-Forms is not as CLDR counts"),
    ('msgctxt "close"', '#~ msgid "Old"\n#~ msgstr "Alt"\n\nmsgctxt "close"', "Old: is left over")])
def test_a_catalogue_that_is_not_whole_is_found_out(domain: Callable[..., Domain], old: str, new: str,
                                                    told: str) -> None:
    assert languages.problems(domain(), "de") == []
    assert WHOLE.count(old) == 1
    assert any(told in found for found in languages.problems(domain(WHOLE.replace(old, new)), "de"))


def test_a_form_for_one_number_alone_may_say_it_in_a_word(domain: Callable[..., Domain]) -> None:
    assert languages.problems(domain(WHOLE.replace('"{count} Tag"', '"ein Tag"')), "de") == []


def test_an_update_keeps_what_fits_and_marks_what_changed(domain: Callable[..., Domain]) -> None:
    old = domain(WHOLE.replace('msgid "Close"', 'msgid "Shut"').replace('msgctxt "pay"', 'msgctxt "paid"'))
    languages.update(old, "de")
    text = old.catalogues["de"].read_text()
    assert '#, fuzzy\nmsgctxt "close"\nmsgid "Close"\nmsgstr "Schließen"' in text
    assert 'msgctxt "pay"\nmsgid "Pay {amount}."\nmsgstr ""' in text
    assert "paid" not in text
    assert 'msgstr[1] "{count} Tage"' in text


def test_an_update_of_a_whole_catalogue_changes_nothing(domain: Callable[..., Domain]) -> None:
    languages.update(domain(), "de")
    once = domain(domain().catalogues["de"].read_text()).catalogues["de"].read_text()
    languages.update(domain(once), "de")
    assert domain(once).catalogues["de"].read_text() == once


def test_a_new_language_begins_with_every_sentence_and_its_own_forms(domain: Callable[..., Domain]) -> None:
    made = domain()
    languages.update(made, "pl")
    again = Domain(made.folder, "mail", ENGLISH)
    assert again.tags == ("en", "de", "pl")
    assert "nplurals=3" in again.catalogues["pl"].read_text()
    assert [found.partition(": ")[0] for found in languages.problems(again, "pl")] == ["pay", "days", "days", "days",
                                                                                       "close"]
