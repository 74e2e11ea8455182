"""`make languages` brings the catalogues of translations up to date; `make check` refuses one that is not.

A new sentence comes without a translation, a changed one keeps the old translation and is marked `fuzzy`, and one that
is no longer used goes. The names of languages begin new catalogues: `make languages ARGS="fi da"`.
"""

import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from gettext import c2py
from pathlib import Path

from babel import Locale
from babel.messages import Catalog, Message
from babel.messages.pofile import PoFileError, normalize, read_po

from backend.languages import Domain, Sentence
from backend.receipts import words as receipts
from checkout import words

DOMAINS = (words.DOMAIN, receipts.DOMAIN)
_BLANK = re.compile(r"\{(\w*)\}")
_COUNTED = 1000
_WIDTH = 118


def read(path: Path, tag: str) -> Catalog:
    """A catalogue as it stands; raises PoFileError for what is none."""
    with path.open("rb") as file:
        return read_po(file, locale=tag.replace("-", "_"), abort_invalid=True)


def problems(domain: Domain, tag: str) -> list[str]:
    """What is wrong with a catalogue, in words: empty when it is whole."""
    try:
        catalogue = read(domain.catalogues[tag], tag)
    except PoFileError as error:
        return [str(error)]
    messages = [message for message in catalogue if message.id]
    known = {message.context: message for message in messages}
    found = [*_plural_problems(catalogue, tag), *(f"{key}: is missing" for key in domain.english if key not in known)]
    if len(known) < len(messages):
        found.append("a key stands in it twice")
    found += [f"{key}: is no longer used" for key in known if key not in domain.english]
    found += [f"{message.id}: is left over" for message in catalogue.obsolete.values()]
    for key, english in domain.english.items():
        if key in known:
            found += [f"{key}: {wrong}" for wrong in _message_problems(known[key], english, catalogue)]
    return found


def _message_problems(message: Message, english: Sentence, catalogue: Catalog) -> Iterator[str]:
    if message.id != english:
        yield "the English has changed"
        return
    if message.fuzzy:
        yield "is marked fuzzy"
    forms = (message.string,) if isinstance(message.string, str) else message.string
    if isinstance(english, tuple) and len(forms) != catalogue.num_plurals:
        yield f"has {len(forms)} forms and needs {catalogue.num_plurals}"
    for place, said in enumerate(forms):
        yield from _form_problems(said, english, _numbers(catalogue, place) if isinstance(english, tuple) else [])


def _form_problems(said: str, english: Sentence, numbers: list[int]) -> Iterator[str]:
    """A form for one number alone may say it in a word, without its blank."""
    model = english if isinstance(english, str) else english[-1]
    wanted, there = set(_BLANK.findall(model)), set(_BLANK.findall(said))
    if not said.strip():
        yield "is not translated"
    elif wanted != there and not (len(numbers) == 1 and there == wanted - {"count"}):
        yield f"has the blanks {sorted(there)} and needs {sorted(wanted)}"
    elif said != said.strip() or "  " in said or said.count("{") != said.count("}"):
        yield "has a blank or a brace too many"
    elif (model[-1] in ".?!…") != (said[-1] in ".?!…。？؟"):
        yield "ends as a sentence where the English does not, or the other way round"


def _numbers(catalogue: Catalog, form: int) -> list[int]:
    """The numbers up to a thousand that a plural form is for."""
    chosen = _chooser(catalogue)
    return [number for number in range(_COUNTED) if chosen(number) == form]


def _chooser(catalogue: Catalog) -> Callable[[int], int]:
    chosen: Callable[[int], int] = c2py(str(catalogue.plural_expr))
    return chosen


def _plural_problems(catalogue: Catalog, tag: str) -> Iterator[str]:
    """Numbers that CLDR writes alike must have one form, and no form may be for nothing."""
    chosen, forms = _chooser(catalogue), defaultdict(set)
    rule = Locale.parse(tag.replace("-", "_")).plural_form
    for number in range(_COUNTED):
        forms[rule(number)].add(chosen(number))
    if any(len(one) > 1 for one in forms.values()) or len(set.union(*forms.values())) != catalogue.num_plurals:
        yield f"Plural-Forms is not as CLDR counts in {tag}: {dict(forms)}"


def written(domain: Domain, tag: str, catalogue: Catalog) -> str:
    """The text of a catalogue with every sentence of its domain, in the order of the English ones."""
    known = {message.context: message for message in catalogue if message.id}
    head = ("msgid \"\"\nmsgstr \"\"\n"
            f"\"Language: {tag.replace('-', '_')}\\n\"\n"
            "\"MIME-Version: 1.0\\n\"\n\"Content-Type: text/plain; charset=UTF-8\\n\"\n"
            "\"Content-Transfer-Encoding: 8bit\\n\"\n"
            f"\"Plural-Forms: nplurals={catalogue.num_plurals}; plural={catalogue.plural_expr};\\n\"\n")
    return "\n".join([head, *(_entry(key, english, known.get(key), catalogue.num_plurals)
                              for key, english in domain.english.items())])


def _entry(key: str, english: Sentence, message: Message | None, forms: int) -> str:
    names = (english,) if isinstance(english, str) else english
    said = message.string if message else ""
    said = (said,) if isinstance(said, str) else said
    lines = [f"# {one}".rstrip() for one in (message.user_comments if message else ())]
    if message and any(said) and (message.fuzzy or message.id != english):
        lines.append("#, fuzzy")
    lines.append(f"msgctxt {_quoted(key)}")
    lines += [f"{name} {_quoted(one)}" for name, one in zip(("msgid", "msgid_plural"), names, strict=False)]
    if len(names) == 1:
        lines.append(f"msgstr {_quoted(said[0])}")
    else:
        lines += [f"msgstr[{place}] {_quoted(said[place] if place < len(said) else '')}" for place in range(forms)]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return str(normalize(text, width=_WIDTH))


def update(domain: Domain, tag: str) -> None:
    """Write a catalogue anew, or begin one."""
    name = tag.replace("-", "_")
    path = domain.catalogues.get(tag) or domain.folder / name / "LC_MESSAGES" / f"{domain.name}.po"
    catalogue = read(path, tag) if path.exists() else Catalog(locale=name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(written(domain, tag, catalogue))


def main(words: list[str]) -> int:
    """Write with `--write` and any new languages; else print what is wrong, and fail when something is."""
    if words[:1] == ["--write"]:
        for domain in DOMAINS:
            for tag in dict.fromkeys((*domain.catalogues, *words[1:])):
                update(domain, tag)
        return 0
    found = [f"{domain.name}, {tag}: {wrong}" for domain in DOMAINS for tag in domain.catalogues
             for wrong in problems(domain, tag)]
    print("\n".join(found) or f"{sum(len(one.tags) for one in DOMAINS)} languages are whole.")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
