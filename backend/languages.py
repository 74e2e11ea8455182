"""Languages: which one a person reads, and what a domain says in it, through gettext; numbers and months are Babel's.

A domain's English sentences stand in the code by their keys. A translation is a catalogue of gettext beside them,
`<folder>/<tag>/LC_MESSAGES/<domain>.po`, in which `msgctxt` is the key and `msgid` the English; it is compiled in
memory when the first person reads it. What a catalogue lacks is English, and `make check` fails.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale, UnknownLocaleError, localedata
from babel.core import get_global
from babel.dates import format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from markupsafe import Markup, escape

ENGLISH = "en"
Sentence = str | tuple[str, str]
"""English as it is, or for one and for many; `{names}` are blanks, and `{count}` is how many."""

_KEPT = 1024
_HEADER_MAX, _TAGS_MAX = 400, 20
_ACCEPTED = re.compile(r"\s*([A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*)\s*(?:;\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*)?")
_BLANK = re.compile(r"\{\w+\}")
_FIRST_STRONG, _LEFT_TO_RIGHT, _END = "\u2068", "\u2066", "\u2069"
"""What a blank holds is written in its own direction: Unicode's isolates, which show nothing themselves."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A language that there is: `tag` names its catalogue, `region` says how numbers are written (de, and de_CH);
    `unknown` is what was asked for when that is neither there nor near to what is."""

    tag: str
    region: str
    unknown: str = ""


@lru_cache(_KEPT)
def locale(tag: str | None) -> Locale:
    """The Babel locale for a tag such as `en-GB`, `pt_BR` or `auto`; English when unknown."""
    try:
        return Locale.parse((tag or ENGLISH).replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return Locale.parse(ENGLISH)


def nearest(tag: str, there: Collection[str]) -> str | None:
    """The one of `there` that is read by who asks for `tag`: es for es-419, pt-PT for pt-AO; None for none of them."""
    return next((one for one in map(_tag, _ever_wider(tag)) if one in there), None)


def accepted(header: str) -> list[str]:
    """The tags of an Accept-Language header (RFC 9110), the best first, without `*` and what is refused by q=0."""
    found = []
    for part in header[:_HEADER_MAX].split(",")[:_TAGS_MAX]:
        if (known := _ACCEPTED.fullmatch(part)) and (weight := float(known[2] or 1)) > 0:
            found.append((weight, known[1]))
    return [tag for _, tag in sorted(found, key=lambda pair: -pair[0])]


@lru_cache(_KEPT)
def choose(wanted: str | None, header: str, there: tuple[str, ...]) -> Choice:
    """What a person reads: `wanted` where it says more than `auto`, else the first of an Accept-Language header that is
    `there` or near to it, else English."""
    if wanted and wanted != "auto":
        tag = nearest(wanted, there)
        return Choice(tag, _region(wanted)) if tag else Choice(ENGLISH, ENGLISH, wanted)
    for asked in accepted(header):
        if tag := nearest(asked, there):
            return Choice(tag, _region(asked))
    return Choice(ENGLISH, ENGLISH)


def _ever_wider(tag: str) -> Iterator[str]:
    """de_CH_1996, de_CH, de; with the parents that CLDR names: pt_AO, pt_PT, pt."""
    language, *more = tag.replace("_", "-").split("-")
    here = "_".join([language.lower(), *(one.title() if len(one) == 4 else one.upper() for one in more)])
    parents = get_global("parent_exceptions")
    while here and here != "root":
        yield here
        here = parents.get(here) or here.rpartition("_")[0]


def _region(tag: str) -> str:
    return next((one for one in _ever_wider(tag) if localedata.exists(one)), ENGLISH)


def _tag(name: str) -> str:
    return name.replace("_", "-")


class Domain:
    """Everything that a part of the program says to people: `english` by its keys, and the catalogues in `folder`.
    `tags` are the languages that there are, English first."""

    def __init__(self, folder: Path, name: str, english: Mapping[str, Sentence]) -> None:
        self.folder, self.name, self.english = folder, name, english
        self.catalogues = {_tag(path.parent.parent.name): path
                           for path in sorted(folder.glob(f"*/LC_MESSAGES/{name}.po"))}
        self.tags = (ENGLISH, *self.catalogues)

    def language(self, wanted: str | None = None, header: str = "") -> "Language":
        """What a person reads who wants this language, or whose browser sends this header."""
        return _language(self, choose(wanted, header, self.tags))


@lru_cache(_KEPT)
def _language(domain: Domain, choice: Choice) -> "Language":
    return Language(choice, domain.english, _translations(domain, choice.tag))


@lru_cache(_KEPT)
def _translations(domain: Domain, tag: str) -> NullTranslations:
    """A catalogue, compiled; in a language from right to left each blank of a sentence is isolated."""
    if tag == ENGLISH:
        return NullTranslations()
    with domain.catalogues[tag].open("rb") as file:
        catalogue = read_po(file, locale=tag.replace("-", "_"))
    if locale(tag).text_direction == "rtl":
        for message in catalogue:
            message.string = _isolated(message.string) if isinstance(message.string, str) else \
                tuple(map(_isolated, message.string or ()))
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


def _isolated(sentence: str) -> str:
    return _BLANK.sub(rf"{_FIRST_STRONG}\g<0>{_END}", sentence)


class Language:
    """A domain in one language. `tag` and `direction` are what HTML's `lang` and `dir` say, `region` is Babel's name of
    how numbers are written, `unknown` the language that was asked for in vain."""

    def __init__(self, choice: Choice, english: Mapping[str, Sentence], translations: NullTranslations) -> None:
        self.tag, self.region, self.unknown = choice.tag, choice.region, choice.unknown
        self.direction = locale(choice.tag).text_direction
        self._english, self._translations = english, translations

    def sentence(self, key: str, of: int | None = None) -> str:
        """The sentence with its blanks; `of` is how many, for one that has a form for one and for many. Raises KeyError
        for an unknown key."""
        english = self._english[key]
        if isinstance(english, str):
            return self._translations.pgettext(key, english)
        return self._translations.npgettext(key, *english, 1 if of is None else of)

    def text(self, key: str, /, of: int | None = None, **values: object) -> str:
        """The sentence with its blanks filled: whole numbers as the language writes them, and `{count}` with `of`."""
        return self.sentence(key, of).format(**self._written(of, values))

    def marked(self, key: str, /, **values: object) -> Markup:
        """The sentence as HTML; a blank that is Markup stays so, and every other one is escaped."""
        return escape(self.sentence(key)).format(**self._written(None, values))

    def ltr(self, text: str) -> str:
        """What is written from left to right in every language, such as a telephone number."""
        return f"{_LEFT_TO_RIGHT}{text}{_END}" if self.direction == "rtl" else text

    def month(self, year: int, month: int) -> str:
        """`December 2034`."""
        return str(format_skeleton("yMMMM", date(year, month, 1), locale=locale(self.tag)))

    def _written(self, of: int | None, values: dict[str, object]) -> dict[str, object]:
        counted = values if of is None else {"count": of, **values}
        return {name: format_decimal(value, locale=locale(self.region)) if isinstance(value, int) else value
                for name, value in counted.items()}
