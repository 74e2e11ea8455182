"""Two corpora for the detector of card numbers: references as shops write them, and card numbers in disguise.

Both are made from a seed, so everybody measures the same: `python -m tests.card_corpora` prints the rates by kind and
writes them into docs/card-numbers.md.
"""

import random
import string
import sys
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from backend import card_numbers

SEED, EACH = 20261129, 10_000
PAGE = Path(__file__).parent.parent / "docs" / "card-numbers.md"
Kind = Callable[[random.Random], str]


def _n(chance: random.Random, digits: int) -> str:
    return "".join(chance.choices(string.digits, k=digits))


def _day(chance: random.Random) -> datetime:
    return datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=chance.randrange(15 * 365 * 86400),
                                                        microseconds=chance.randrange(10**6))


def with_check_digit(digits: str) -> str:
    """`digits` and the one digit that makes them pass Luhn."""
    return next(digits + last for last in string.digits if card_numbers.luhn(digits + last))


def _imei(chance: random.Random) -> str:
    maker = chance.choice(["01", "35", "35", "35", "86", "86", "44", "45", "49", "50", "51", "52", "53", "91", "99"])
    return with_check_digit(maker + _n(chance, 12))


def _iban(chance: random.Random) -> str:
    country, rest = "DE", _n(chance, 18)
    check = 98 - int(rest + "".join(str(int(char, 36)) for char in country) + "00") % 97
    return f"{country}{check:02}{rest}"


def _fours(text: str) -> str:
    return " ".join(text[at:at + 4] for at in range(0, len(text), 4))


def _phone(chance: random.Random) -> str:
    code = chance.choice("1 44 49 33 34 36 39 30 371 372 378 52 55 81 86 91".split())
    return code + _n(chance, chance.randrange(8, 16 - len(code)))


REFERENCES: dict[str, Kind] = {
    "order, date and number": lambda c: f"order {c.randrange(1, 10 ** c.randrange(1, 5))}-{_day(c):%Y%m%d}-"
                                        f"{_n(c, c.randrange(3, 8))}",
    "order number": lambda c: f"{c.choice(['Order #', 'order ', 'SO-', 'PO', '#', 'Bestellung '])}"
                              f"{_n(c, c.randrange(4, 13))}",
    "invoice number": lambda c: f"{c.choice(['INV', 'RE', 'F'])}-{_day(c):%Y-%m}-{_n(c, c.randrange(4, 9))}",
    "marketplace order": lambda c: f"{_n(c, 3)}-{_n(c, 7)}-{_n(c, 7)}",
    "IMEI": _imei,
    "IMEI in its groups": lambda c: (lambda i: f"{i[:2]}-{i[2:8]}-{i[8:14]}-{i[14]}")(_imei(c)),
    "17 to 19 digits": lambda c: str(c.randrange(10**16, 10**19)),
    "17 to 19 digits, each length alike": lambda c: _n(c, c.randrange(17, 20)),
    "social network's id": lambda c: str((int(_day(c).timestamp() * 1000) - 1288834974657) << 22 | c.getrandbits(22)),
    "13 digits (EAN)": lambda c: _n(c, 13),
    "time in milliseconds": lambda c: str(int(_day(c).timestamp() * 1e3)),
    "time in microseconds": lambda c: str(int(_day(c).timestamp() * 1e6)),
    "time in nanoseconds": lambda c: str(int(_day(c).timestamp() * 1e6)) + _n(c, 3),
    "date and time": lambda c: f"{_day(c):%Y%m%d%H%M%S}" + c.choice(["", _n(c, 2), _n(c, 3)]),
    "date and time, separated": lambda c: _day(c).isoformat(c.choice(" T"), c.choice(["seconds", "microseconds"])),
    "telephone with a plus": lambda c: "+" + _phone(c),
    "telephone with a plus, grouped": lambda c: (lambda p: f"+{p[:2]} {p[2:5]} {p[5:8]} {p[8:]}")(_phone(c)),
    "UUID": lambda c: str(uuid.UUID(int=c.getrandbits(128), version=4)),
    "UUID without dashes": lambda c: uuid.UUID(int=c.getrandbits(128), version=4).hex,
    "SHA-256": lambda c: f"{c.getrandbits(256):064x}",
    "id of ours": lambda c: "pi_" + "".join(c.choices(string.ascii_letters + string.digits, k=24)),
    "parcel (UPS)": lambda c: "1Z" + "".join(c.choices(string.ascii_uppercase + string.digits, k=6)) + _n(c, 10),
    "parcel (postal, 22 digits)": lambda c: "9" + c.choice("2345") + _n(c, 20),
    "parcel (postal, grouped)": lambda c: _fours(c.choice(["92", "94", "70", "71"]) + _n(c, c.choice([18, 20]))),
    "parcel (12 digits)": lambda c: _n(c, 12),
    "parcel (letters around)": lambda c: f"{c.choice(['RR', 'LX', 'CP'])}{_n(c, 9)}{c.choice(['CN', 'DE', 'US'])}",
    "IBAN": _iban,
    "IBAN, grouped": lambda c: _fours(_iban(c)),
    "address and port": lambda c: ".".join(str(c.randrange(256)) for _ in range(4)) + f":{c.randrange(65536)}",
    "a fraction": lambda c: str(c.random() * 10 ** c.randrange(3)),
    "place on earth": lambda c: f"{c.uniform(-90, 90)},{c.uniform(-180, 180)}",
    "amount": lambda c: f"{c.randrange(10**9):,}.{_n(c, 2)} of {c.randrange(10**6)}",
    "two references": lambda c: f"ref {_n(c, c.randrange(4, 8))}/{_n(c, c.randrange(3, 6))}-{_n(c, c.randrange(4, 7))}",
}
"""What shops put into metadata, descriptions and keys."""

CHANCE: dict[str, Kind] = {f"any {digits} digits": lambda c, digits=digits: _n(c, digits)  # type: ignore[misc]
                           for digits in (14, 15, 16)}
"""Digits that could be a card in every respect: a number that a scheme issues cannot be told from one by looking."""

_ISSUED = (("4", 16), ("4", 16), ("51", 16), ("53", 16), ("55", 16), ("2221", 16), ("2399", 16), ("2720", 16),
           ("34", 15), ("37", 15), ("6011", 16), ("645", 16), ("65", 16), ("36", 14), ("3056", 14), ("3528", 16),
           ("3589", 16), ("62", 16), ("81", 16), ("6759", 16), ("2202", 16), ("9792", 16))


def card(chance: random.Random) -> str:
    """A number that a scheme issues."""
    start, length = chance.choice(_ISSUED)
    return with_check_digit(start + _n(chance, length - len(start) - 1))


def _split(number: str, sizes: tuple[int, ...], by: str) -> str:
    parts, at = [], 0
    for size in sizes:
        parts.append(number[at:at + size])
        at += size
    return by.join(part for part in [*parts, number[at:]] if part)


def _printed(number: str) -> tuple[int, ...]:
    return {15: (4, 6, 5), 14: (4, 6, 4)}.get(len(number), (4, 4, 4, 4))


def _by(*marks: str) -> Kind:
    def disguised(chance: random.Random) -> str:
        number = card(chance)
        return _split(number, _printed(number), chance.choice(marks))
    return disguised


def _sized(size: int, *marks: str) -> Kind:
    return lambda c: _split(card(c), (size,) * (16 // size), c.choice(marks))


def _expiry(chance: random.Random, year: str = "%02d") -> str:
    return f"{chance.randrange(1, 13):02}" + year % chance.randrange(24, 40)


def _digits(zero: str, text: str) -> str:
    return "".join(chr(ord(zero) + int(char)) if char.isdigit() else char for char in text)


DISGUISES: dict[str, Kind] = {
    "in one piece": card,
    "in one piece, in a sentence": lambda c: f"{c.choice(['pay with', 'no.', 'x', '(', 'ref:'])}{card(c)}"
                                             f"{c.choice(['.', ' please', 'y', ')', ';'])}",
    "spaces": _by(" ", "  ", "\u00a0", "\u2009", "\t", "\n"),
    "dashes": _by("-", " - ", "\u2011", "\u2013", "\u2014", "--"),
    "dots": _by(".", "\u00b7", ". ", "\u2022"),
    "slashes": _by("/", "\\", " / ", "|", "\u2044"),
    "underscores": _by("_", "__", " _ "),
    "other marks": _by(",", ":", ";", "*", "#", "+", "~", ")(", "=", ", "),
    "nothing to see between": _by("\u200b", "\u2060", "\ufeff", "\u00ad"),
    "escaped for an address": _by("%20", "+", "%2D", "%2E", "%C2%A0"),
    "escaped for JSON or HTML": _by("\\n", "\\t", "\\u00a0", "&nbsp;"),
    "eight and eight": lambda c: _split(with_check_digit(c.choice("45") + c.choice("12345") + _n(c, 13)), (8,),
                                        c.choice([" ", "-", "/", ".", "_", ", "])),
    "four and twelve": lambda c: _split(with_check_digit("4" + _n(c, 14)), c.choice([(4,), (12,)]), c.choice(" -/._")),
    "six and ten": lambda c: _split(with_check_digit("4" + _n(c, 14)), (6,), c.choice(" -/._")),
    "two groups, a space": lambda c: _split(card(c), (c.randrange(1, 14),), " "),
    "single digits": _sized(1, " ", "-", ".", "_", "/"),
    "pairs": _sized(2, " ", "-", ".", "_", "/"),
    "threes": _sized(3, " ", "-", ".", "_", "/"),
    "fives": _sized(5, " ", "-", ".", "_", "/"),
    "digits of other scripts": lambda c: _digits(c.choice("\u0660\u06f0\u0966\uff10\U0001d7ce"), _by("", " ", "-")(c)),
    "code behind it": lambda c: f"{_by('', ' ', '-')(c)}{c.choice([' ', '/', '-', ':', ' cvc '])}{_n(c, 3)}",
    "month, year and code behind it": lambda c: f"{_by('', ' ', '-')(c)}{c.choice([' ', '/', '-', ' exp '])}"
                                                f"{_expiry(c)}{c.choice([' ', '/', '-'])}{_n(c, 3)}",
    "month and year before it": lambda c: f"{c.randrange(1, 13):02}/{c.randrange(24, 40)} {_by('', ' ', '-')(c)}",
    "month and year joined": lambda c: f"{with_check_digit('4' + _n(c, 14))}{_expiry(c)}",
    "month, year and code joined": lambda c: f"{with_check_digit('4' + _n(c, 14))}{_expiry(c)}{_n(c, 3)}",
    "code joined, a card named": lambda c: f"{c.choice(['card ', 'cc: ', 'Visa ', 'PAN='])}"
                                           f"{with_check_digit('4' + _n(c, 14))}{_n(c, 3)}",
    "19 digits, a card named": lambda c: f"{c.choice(['card ', 'UnionPay: ', 'pan '])}"
                                         f"{with_check_digit('62' + _n(c, 16))}",
    "odd groups, a card named": lambda c: f"card {_split(card(c), (3, 5, 2), c.choice('-/._'))}",
    "a test number and its code": lambda c: f"{c.choice(['4242424242424242', '5555555555554444'])}{_n(c, 3)}",
}
"""How people, programs and thieves write a card's number where it does not belong."""


def texts(kinds: dict[str, Kind], each: int = EACH) -> Iterator[tuple[str, str]]:
    """(kind, text) of a corpus, the same every time."""
    for name, kind in kinds.items():
        chance = random.Random(f"{SEED} {name}")
        for _ in range(each):
            yield name, kind(chance)


def rates(kinds: dict[str, Kind], each: int = EACH) -> dict[str, int]:
    """Of `each` texts of every kind, in how many a card number is seen."""
    seen = dict.fromkeys(kinds, 0)
    for name, text in texts(kinds, each):
        seen[name] += card_numbers.holds(text)
    return seen


def tables() -> str:
    """The measured rates as Markdown."""
    lines = []
    for title, kinds in (("References", REFERENCES), ("Chance", CHANCE), ("Disguised card numbers", DISGUISES)):
        seen = rates(kinds)
        lines += [f"| {title} | seen as a card, of {EACH:,} |", "|---|--:|",
                  *(f"| {name} | {count:,} |" for name, count in seen.items()),
                  f"| **all {EACH * len(kinds):,}** | **{sum(seen.values()):,}** "
                  f"({100 * sum(seen.values()) / EACH / len(kinds):.4g} %) |", ""]
    return "\n".join(lines)


def main() -> int:
    """Measure, print, and write the tables into the page."""
    found = tables()
    print(found)
    head, mark, _ = PAGE.read_text().partition("<!-- measured -->\n")
    PAGE.write_text(head + mark + found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
