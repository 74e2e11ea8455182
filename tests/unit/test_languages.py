"""Which language is read, and what a sentence becomes in it: numbers, months, forms for many, and directions."""

from pathlib import Path

import pytest
from markupsafe import Markup

from backend import countries, languages
from backend.checkout_sessions import parameters, visits
from backend.languages import Choice, Domain, accepted, choose
from backend.web.amounts import amount
from checkout import words

THERE = ("en", "ar", "de", "es", "fr", "ja", "pl", "pt", "pt-PT")
ARABIC = "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);"
ENGLISH: dict[str, languages.Sentence] = {
    "greet": "Hello {name}.", "days": ("{count} day", "{count} days"), "agree": "I agree to {terms}."}


def chosen(wanted: str | None, header: str = "") -> tuple[str, str, str]:
    found = choose(wanted, header, THERE)
    return found.tag, found.region, found.unknown


@pytest.mark.parametrize(("wanted", "tag", "region"), [
    ("de", "de", "de"), ("de-CH", "de", "de_CH"), ("en-GB", "en", "en_GB"), ("es-419", "es", "es_419"),
    ("fr-CA", "fr", "fr_CA"), ("pt", "pt", "pt"), ("pt-BR", "pt", "pt_BR"), ("pt-PT", "pt-PT", "pt_PT"),
    ("pt-AO", "pt-PT", "pt_AO"), ("ar", "ar", "ar"), ("PT_pt", "pt-PT", "pt_PT"), ("ja-Latn-JP-x-y", "ja", "ja")])
def test_who_asks_for_a_language_reads_it_or_the_nearest(wanted: str, tag: str, region: str) -> None:
    assert chosen(wanted, "fr;q=1") == (tag, region, "")


@pytest.mark.parametrize("wanted", ["nb", "zh", "zh-HK", "hi-IN", "xx", "-", "Deutsch"])
def test_what_is_neither_there_nor_near_is_english_and_told(wanted: str) -> None:
    assert chosen(wanted, "fr") == ("en", "en", wanted)


@pytest.mark.parametrize(("header", "tag", "region"), [
    ("de-CH,de;q=0.9,en;q=0.8", "de", "de_CH"), ("en;q=0.1, ar-EG;q=0.5", "ar", "ar_EG"), ("zh,ja;q=0.3", "ja", "ja"),
    ("de;q=0,fr;q=0.001", "fr", "fr"), ("de ; q=0.5 , es ;q=1.0", "es", "es"), ("de,fr", "de", "de"),
    ("pt-PT, pt;q=0.5", "pt-PT", "pt_PT"), ("es-MX", "es", "es_MX"), ("zh-TW,zh;q=0.9", "en", "en"), ("*", "en", "en"),
    ("", "en", "en"), ("de;q=2,fr;q=0.2", "fr", "fr"), ("de;level=1,fr", "fr", "fr"), (",;,=", "en", "en"),
    ("x" * 5000 + ",de", "en", "en"), ("zh," * 50 + "de", "en", "en")])
@pytest.mark.parametrize("wanted", [None, "auto"])
def test_a_browser_that_is_asked_gets_the_best_that_it_accepts(wanted: str | None, header: str, tag: str,
                                                               region: str) -> None:
    assert chosen(wanted, header) == (tag, region, "")


def test_what_is_accepted_stands_in_the_order_of_its_weights() -> None:
    assert accepted("en;q=0.2,de,fr;q=0.9,es;q=0,it;q=0.9") == ["de", "fr", "it", "en"]


def test_every_language_that_may_be_asked_for_leads_somewhere() -> None:
    """Those of the official package, and of its frames in browsers: either there, near, or English and told."""
    assert len(set(visits.LOCALES) | {"auto"}) == len(visits.LOCALES)
    assert set(parameters.LOCALES) < set(visits.LOCALES)
    assert set(words.DOMAIN.tags) <= set(visits.LOCALES)
    far = {tag for tag in visits.LOCALES if choose(tag, "", words.DOMAIN.tags).unknown}
    assert far == set("bg cs da el et fi fil he hi-IN hr id lt lv ms mt nb no ro ru sk sl th tk vi zh zh-HK "
                      "zh-TW".split())


@pytest.fixture
def domain(tmp_path: Path) -> Domain:
    def catalogue(tag: str, plural: str, greet: str, days: list[str], agree: str) -> None:
        path = tmp_path / tag / "LC_MESSAGES" / "mail.po"
        path.parent.mkdir(parents=True)
        entries = [("greet", f'msgid "Hello {{name}}."\nmsgstr "{greet}"'),
                   ("days", 'msgid "{count} day"\nmsgid_plural "{count} days"\n'
                            + "\n".join(f'msgstr[{place}] "{one}"' for place, one in enumerate(days))),
                   ("agree", f'msgid "I agree to {{terms}}."\nmsgstr "{agree}"')]
        head = f'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Plural-Forms: {plural}\\n"\n'
        path.write_text("\n\n".join([head, *(f'msgctxt "{key}"\n{text}' for key, text in entries)]) + "\n")

    catalogue("de", "nplurals=2; plural=(n != 1);", "Hallo {name}.", ["{count} Tag", "{count} Tage"],
              "Ich stimme {terms} zu.")
    catalogue("pt_PT", "nplurals=2; plural=(n != 1);", "", ["{count} dia", "{count} dias"], "")
    catalogue("ar", ARABIC, "مرحبا {name}.", [f"{form} {{count}}" for form in "abcdef"], "أوافق على {terms}.")
    return Domain(tmp_path, "mail", ENGLISH)


def test_any_part_of_the_program_has_sentences_of_its_own(domain: Domain) -> None:
    assert domain.tags == ("en", "ar", "de", "pt-PT")
    assert domain.language("de").text("greet", name="Ada") == "Hallo Ada."
    assert domain.language(header="de-AT").text("days", of=1) == "1 Tag"
    assert domain.language("en").text("greet", name="Ada") == "Hello Ada."
    with pytest.raises(KeyError):
        domain.language("de").text("nothing")


def test_what_is_not_translated_is_english(domain: Domain) -> None:
    assert domain.language("pt-PT").text("greet", name="Ada") == "Hello Ada."
    assert domain.language("pt-PT").text("days", of=2) == "2 dias"


def test_numbers_in_a_sentence_are_written_as_in_the_region(domain: Domain) -> None:
    assert domain.language("en").text("days", of=12345) == "12,345 days"
    assert domain.language("de").text("days", of=12345) == "12.345 Tage"
    assert domain.language("de-CH").text("days", of=12345) == "12’345 Tage"
    assert domain.language("de").text("days", of=5, count="3–5") == "3–5 Tage"


def test_arabic_has_a_form_for_each_kind_of_number(domain: Domain) -> None:
    said = {number: domain.language("ar").text("days", of=number)[0]
            for number in (0, 1, 2, 3, 10, 11, 99, 100, 102, 103)}
    assert said == {0: "a", 1: "b", 2: "c", 3: "d", 10: "d", 11: "e", 99: "e", 100: "f", 102: "f", 103: "d"}


def test_a_blank_keeps_its_direction_inside_a_sentence_from_right_to_left(domain: Domain) -> None:
    arabic, german = domain.language("ar"), domain.language("de")
    assert (arabic.direction, german.direction) == ("rtl", "ltr")
    assert arabic.text("greet", name="Ada (A5)!") == "مرحبا \u2068Ada (A5)!\u2069."
    assert german.text("greet", name="Ada") == "Hallo Ada."
    assert (arabic.ltr("+44"), german.ltr("+44")) == ("\u2066+44\u2069", "+44")


def test_a_sentence_of_html_escapes_all_but_html(domain: Domain) -> None:
    assert domain.language("de").marked("agree", terms="<b>") == "Ich stimme &lt;b&gt; zu."
    assert domain.language("de").marked("agree", terms=Markup("<b>AGB</b>")) == "Ich stimme <b>AGB</b> zu."


@pytest.mark.parametrize(("tag", "dollars", "yen", "dinars", "off", "month"), [
    ("en", "$1,234.50", "¥12,345", "KWD 1.234", "-$5.00", "December 2034"),
    ("de", "1.234,50 $", "12.345 ¥", "1,234 KWD", "-5,00 $", "Dezember 2034"),
    ("fr", "1\u202f234,50 $US", "12\u202f345 JPY", "1,234 KWD", "-5,00 $US", "décembre 2034"),
    ("ja", "$1,234.50", "￥12,345", "KWD 1.234", "-$5.00", "2034年12月"),
    ("pl", "1 234,50 USD", "12 345 JPY", "1,234 KWD", "-5,00 USD", "grudzień 2034"),
    ("pt", "US$ 1.234,50", "JP¥ 12.345", "KWD 1,234", "-US$ 5,00", "dezembro de 2034"),
    ("sv", "1 234,50 US$", "12 345 JPY", "1,234 KWD", "−5,00 US$", "december 2034"),
    ("ar", "\u200f1,234.50 \u2066US$\u2069", "\u200f12,345 \u2066JP¥\u2069", "\u200f1.234 د.ك.\u200f",
     "\u200f\u200e-5.00 \u2066US$\u2069", "ديسمبر 2034")])
def test_money_and_months_in_each_language(tag: str, dollars: str, yen: str, dinars: str, off: str, month: str) -> None:
    written = [amount(minor, currency, tag).replace("\u00a0", " ")
               for minor, currency in ((123450, "usd"), (12345, "jpy"), (1234, "kwd"), (-500, "usd"))]
    assert written == [dollars, yen, dinars, off]
    assert languages.Language(Choice(tag, tag), ENGLISH, languages.NullTranslations()).month(2034, 12) == month


@pytest.mark.parametrize(("tag", "first", "last"), [
    ("en", "Afghanistan", "Åland Islands"), ("de", "Afghanistan", "Zypern"), ("sv", "Afghanistan", "Östtimor"),
    ("tr", "ABD Küçük Harici Adaları", "Zimbabve"), ("fr", "Afghanistan", "Zimbabwe")])
def test_countries_are_named_and_ordered_by_the_language(tag: str, first: str, last: str) -> None:
    names = [name for _, name in countries.named(tag)]
    assert len(names) == 249
    assert names[0] == first
    if tag != "en":
        assert names[-1] == last


def test_letters_with_marks_stand_where_the_language_has_them() -> None:
    def before(tag: str, *codes: str) -> bool:
        order = [code for code, _ in countries.named(tag)]
        return [order.index(code) for code in codes] == sorted(order.index(code) for code in codes)

    assert before("de", "AU", "AT", "PK")  # Australien, Österreich, Pakistan
    assert before("sv", "ZW", "AX", "AT", "TL")  # Zimbabwe, Åland, Österrike, Östtimor
    assert before("tr", "DJ", "TD", "DK")  # Cibuti, Çad, Danimarka
    assert before("es", "ES", "US", "EE")  # España, Estados Unidos, Estonia
