"""Card numbers in text: where they stand, however they are written; one detector for doors, logs and the books check.

Digits alone are weak evidence: every tenth number passes Luhn. So a number counts when a scheme really issues its
prefix in its length, when it passes Luhn, and when it is written as people write cards: in one piece, in regular
groups, with its expiry or code behind it. Lengths that are rare, and odd groups, count only where the text speaks of
a card. Numbers that are published for tests count wherever they stand. docs/card-numbers.md has the measured rates.
"""

import re
import unicodedata
from collections.abc import Iterator

HIDDEN = "[redacted]"

RANGES: tuple[tuple[str, str, str], ...] = (
    ("4", "4", "visa"), ("51", "55", "mastercard"), ("2221", "2720", "mastercard"),
    ("34", "34", "amex"), ("37", "37", "amex"),
    ("6011", "6011", "discover"), ("644", "649", "discover"), ("65", "65", "discover"),
    ("300", "305", "diners"), ("3095", "3095", "diners"), ("36", "36", "diners"), ("38", "39", "diners"),
    ("3528", "3589", "jcb"), ("62", "62", "unionpay"), ("81", "81", "unionpay"),
    ("2200", "2204", "mir"), ("9792", "9792", "troy"), ("8600", "8600", "uzcard"), ("9860", "9860", "humo"),
    ("5018", "5020", "maestro"), ("5038", "5038", "maestro"), ("5893", "5893", "maestro"), ("6304", "6304", "maestro"),
    ("6759", "6759", "maestro"), ("6761", "6763", "maestro"), ("5041", "5041", "elo"), ("5066", "5067", "elo"),
    ("509", "509", "elo"), ("6362", "6363", "elo"), ("6062", "6062", "hipercard"), ("5060", "5061", "verve"),
    ("5078", "5079", "verve"), ("508", "508", "rupay"), ("6069", "6086", "rupay"), ("82", "82", "rupay"),
)
"""First and last prefix of each scheme's ranges, from the schemes' own publications; the first that fits wins."""
_ISSUED = {"amex": (15,), "diners": (14, 16), "unionpay": (16, 19)}
"""Lengths that are issued today; 16 for every other scheme."""
_RARE = {"visa": (13, 19), "amex": (), "mastercard": (), "diners": (15, 17, 18, 19), "unionpay": (17, 18)}
"""Lengths that the rules allow and hardly a bank uses; 17 to 19 for every other scheme."""

_GAP = r'[^0-9A-Za-z"{}\[\]]'
_G = _GAP + "{1,8}"
RUN = re.compile(rf"(?<![0-9])[0-9](?:{_GAP}{{0,8}}[0-9]){{12,}}")
"""Thirteen digits or more with what may separate them: most texts have none, and cost this search alone."""
_OTHER = re.compile(r"[^0-9]+")
_PIECES = re.compile(r"(?<![0-9])[2-689][0-9]{12,24}(?![0-9])")
_GROUPS = re.compile(  # 4-4-4-4, 4-4-4-2, 4-4-4-4-3, 4-4-8, 4-6-5, 4-6-4, 4-12, 6-10, 6-13, 6-6-4, 8-8, 8-4-4, 12-4
    rf"(?<![0-9])(?=[2-689][0-9]{{3}})(?=([0-9]{{4}}(?:{_G}(?:[0-9]{{4}}{_G}(?:[0-9]{{4}}{_G}(?:[0-9]{{4}}{_G}[0-9]{{3}}"
    rf"|[0-9]{{2,4}})|[0-9]{{8}})"
    rf"|[0-9]{{6}}{_G}[0-9]{{4,5}}|[0-9]{{12}})|[0-9]{{2}}{_G}(?:[0-9]{{10}}|[0-9]{{13}}|[0-9]{{6}}{_G}[0-9]{{4}})"
    rf"|[0-9]{{4}}{_G}(?:[0-9]{{8}}|[0-9]{{4}}{_G}[0-9]{{4}})|[0-9]{{8}}{_G}[0-9]{{4}}))(?![0-9]))")
_PAIR = re.compile(r"[0-9]{1,15}\s{1,3}[0-9]{1,15}")
_S = r'[^0-9A-Za-z"{}\[\],]{1,3}'
_EVEN = re.compile(rf"(?:[0-9]{_S}){{13,24}}[0-9](?![0-9])|(?:[0-9]{{2}}{_S}){{6,12}}[0-9]{{1,2}}(?![0-9])"
                   rf"|(?:[0-9]{{3}}{_S}){{4,8}}[0-9]{{1,3}}(?![0-9])|(?:[0-9]{{5}}{_S}){{2,4}}[0-9]{{1,5}}(?![0-9])")
"""Groups of one size, the last perhaps shorter."""
_PRINTED = re.compile(rf"(?:[0-9]{{4}}{_G}){{3}}[0-9]{{2,4}}(?:{_G}[0-9]{{3}})?"
                      rf"|[0-9]{{4}}{_G}[0-9]{{6}}{_G}[0-9]{{4,5}}")
_DATE = re.compile(rf"(?<![0-9])20[0-4][0-9](?:{_G})?(?:0[1-9]|1[0-2])(?:{_G})?(?:0[1-9]|[12][0-9]|3[01])")
_MARK = re.compile(r"[^0-9\s]")
_EXPIRY = re.compile(r"(?:0[1-9]|1[0-2])(?:20)?[2-4][0-9](?:[0-9]{3,4})?")
"""What is joined to a number: its month and year, perhaps the code after them."""
_FRACTION = re.compile(r"(?<![0-9.])[0-9]{1,3}\.\Z")

_SPEAKS = re.compile(
    r"card|kart[ea]|carte|carta|tarjeta|cart[aã]o|kaart|visa|master|amex|maestro|diners|discover"
    r"|union ?pay|\bjcb\b|\bpan\b|\bcc\b|\bcv[cv]2?\b|\bcsc\b|\bexp(?:iry|ires|\b)|[\"\[]number\b|卡", re.IGNORECASE)
_DEEP_MAX = 400
"""A longer run of digits is hidden in logs unread: no number of ours is that long, and looking takes its time."""
_LEFT_MAX = 12
"""So many digits are no number: none is shorter than thirteen."""
_BEFORE, _AFTER = 40, 24
"""So many characters around a number are asked whether they speak of a card."""

_KNOWN = tuple("""
4242424242424242 4000056655665556 4111111111111111 4012888888881881 4222222222222 5555555555554444 2223003122003222
5200828282828210 5105105105105100 378282246310005 371449635398431 6011111111111117 6011000990139424 6011981111111113
3056930009020004 36227206271667 30569309025904 38520000023237 6555900000604105 3566002020360505 3530111333300000
6200000000000005 6200000000000047 6205500000000000004""".split())
"""Numbers that are published for tests."""
_TEST_RANGE = re.compile("(?=(400000[0-9]{10}))")
"""What Visa keeps for tests."""

_MARKED = re.compile(
    r"(?P<uuid>(?<![0-9A-Za-z-])(?:stripe-node-retry-)?[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
    r"(?![0-9A-Za-z-]))"
    r"|(?P<hex>(?<![0-9A-Za-z])(?=[0-9]*[A-Fa-f])(?:[0-9A-Fa-f]{32}(?:[0-9A-Fa-f]{8}|[0-9A-Fa-f]{32})?)(?![0-9A-Za-z]))"
    r'|(?P<network>"network_transaction_id": ?"[0-9]*")'
    r"|(?P<iban>(?<![0-9A-Za-z])[A-Z]{2}[0-9]{2}(?: ?[0-9A-Z]{4}){2,7}(?: ?[0-9A-Z]{1,3})?(?![0-9A-Za-z]))"
    r"|(?P<mail>(?<![0-9])[79][0-9]{3}(?: [0-9]{4}){4}(?: [0-9]{2})?(?![0-9]))")
"""What says of itself that it is something else: UUIDs, digests, account numbers, postal tracking numbers."""
_ESCAPES = re.compile(r"%(?:09|0[AaDd]|2[0B-Fb-f]|3[Aa]|5[Ff]|7[Cc]|C2%A0|c2%a0)|\\(?:[nrt]|u00[aA]0|u20[01][0-9a-f])"
                      r"|&(?:nbsp|#160|#32);")


def _plain(char: str) -> str | None:
    """The ASCII digit, blank or dash that a character stands for, or None; what nobody sees is a blank."""
    if (value := unicodedata.digit(char, None)) is not None:
        return str(value)
    return {"Zs": " ", "Pd": "-", "Cf": " "}.get(unicodedata.category(char))


class _Plain(dict[int, str]):
    """What each character stands for, found out when it is met: a table of all of them takes a second to make."""

    def __missing__(self, code: int) -> str:
        self[code] = stands = _plain(char := chr(code)) or char
        return stands


_PLAIN = _Plain()
_DOUBLED = bytes.maketrans(b"0123456789", b"0246813579")


def fold(text: str) -> str:
    """`text`, as long as before, with the digits, blanks and dashes of every script in ASCII.

    `٤٢٤٢` and `４２４２` are read by people, and by whoever steals them, as the number that they write.
    """
    return text if text.isascii() else text.translate(_PLAIN)


def luhn(digits: str) -> bool:
    """True when the last digit is the Luhn check digit of the others (ISO/IEC 7812-1, annex B)."""
    raw = digits.encode()
    return (sum(raw[::-2]) + sum(raw[-2::-2].translate(_DOUBLED)) - 48 * len(raw)) % 10 == 0


def scheme(number: str) -> str | None:
    """The scheme of a number by its first digits, or None."""
    return _SCHEMES.get(number[:4])


def issued(number: str) -> bool:
    """True for a number that a scheme issues today, with its check digit."""
    name = _SCHEMES.get(number[:4])
    return name is not None and len(number) in _ISSUED.get(name, (16,)) and luhn(number)


def _rare(number: str) -> bool:
    name = _SCHEMES.get(number[:4])
    return name is not None and len(number) in _RARE.get(name, (17, 18, 19)) and luhn(number)


def find(text: str, *, deep: bool = False, named: bool = False, whole: bool = False) -> Iterator[tuple[int, int]]:
    """Where card numbers stand in `text`: first and last place, in order, one in each run of digits. Linear in the
    length of `text`.

    `named`: the text stands under a name that speaks of a card. `deep`: also inside longer runs of digits, such as a
    network's raw message: for logs, where hiding too much does no harm. `whole`: the run instead of its number, where
    what is left of it is long enough for another one.
    """
    plain = fold(text)
    if "%" in plain or "\\" in plain or "&" in plain:
        plain = _ESCAPES.sub(lambda found: " " * len(found[0]), plain)
    if not RUN.search(plain):
        return
    plain = _MARKED.sub(_masked, plain)
    for run in RUN.finditer(plain):
        read = _Run(plain, *run.span(), named)
        if found := read.card(deep=deep):
            more = len(read.digits) - len(_OTHER.sub("", plain[slice(*found)])) > _LEFT_MAX
            yield run.span() if whole and more else found


def holds(text: str, name: str = "") -> bool:
    """True when there is a card number in `text`; `name` is what it is the value of."""
    return any(True for _ in find(text, named=bool(name and _SPEAKS.search(name))))


def hide(text: str, by: str = HIDDEN, *, deep: bool = False) -> str:
    """`text` with every card number replaced; the same object when there is none."""
    out, last = [], 0
    for start, end in find(text, deep=deep, whole=True):
        out += [text[last:start], by]
        last = end
    return "".join([*out, text[last:]]) if out else text


def _masked(found: re.Match[str]) -> str:
    if found.lastgroup == "iban" and not _iban(found[0].replace(" ", "")):
        return found[0]
    return "x" * len(found[0])


def _iban(text: str) -> bool:
    """ISO 13616: the check digits make the rest of a division by 97 one."""
    return int("".join(str(int(char, 36)) for char in text[4:] + text[:4])) % 97 == 1


class _Run:
    """A run of digits and what separates them."""

    __slots__ = ("digits", "end", "named", "start", "text")

    def __init__(self, text: str, start: int, end: int, named: bool) -> None:
        self.text, self.start, self.end, self.named = text, start, end, named
        self.digits = _OTHER.sub("", text[start:end])

    def card(self, *, deep: bool) -> tuple[int, int] | None:
        """Where the card number stands, or None when there is none."""
        digits, whole = self.digits, (self.start, self.end)
        apart = len(digits) < self.end - self.start
        if self._follows_plus(self.start) and not (apart and _PRINTED.fullmatch(self.text, *whole)):
            return None
        if any(number in digits for number in _KNOWN) or (
                "400000" in digits and any(luhn(found[1]) for found in _TEST_RANGE.finditer(digits))):
            return whole
        if found := self._piece() or (self._groups() if apart else None):
            return found
        if apart and ((len(digits) <= 19 and _rare(digits)) or _begins(digits)) and self._speaks(*whole) and \
                not _DATE.search(self.text, *whole):
            return whole
        return whole if deep and len(digits) > 19 and (len(digits) > _DEEP_MAX or _anywhere(digits)) else None

    def _piece(self) -> tuple[int, int] | None:
        """A number in one piece, alone or with expiry and code joined to it."""
        for found in _PIECES.finditer(self.text, self.start, self.end):
            digits, place = found[0], found.span()
            if issued(digits):
                if not _FRACTION.search(self.text, max(0, place[0] - 5), place[0]) and not self._follows_plus(*place):
                    return place
            elif _dated(digits) or ((_rare(digits) or _begins(digits)) and self._speaks(*place)):
                return place
        return None

    def _groups(self) -> tuple[int, int] | None:
        """A number in groups, as cards print them or regular in another way; a date among them makes a reference, but
        not where only blanks are between: so cards are printed."""
        for found in _GROUPS.finditer(self.text, self.start, self.end):
            digits = _OTHER.sub("", found[1])
            if (issued(digits) or (len(digits) == 19 and issued(digits[:16]))) and (  # three digits behind are the code
                    not _MARK.search(found[1]) or not _DATE.search(found[1])):
                return found.span(1)
        if _PAIR.fullmatch(self.text, self.start, self.end) and issued(self.digits) and \
                not _DATE.search(self.text, self.start, self.end):
            return self.start, self.end
        even = _EVEN.match(self.text, self.start, self.end)
        if even and _begins(_OTHER.sub("", even[0])) and not _DATE.search(even[0]):
            return even.span()
        return None

    def _follows_plus(self, start: int, end: int = -1) -> bool:
        """A telephone number: ITU-T E.164 has at most 15 digits."""
        length = len(self.digits) if end < 0 else end - start
        return length <= 15 and self.text[start - 1:start] == "+"

    def _speaks(self, start: int, end: int) -> bool:
        """Does the text around speak of a card?"""
        return self.named or bool(_SPEAKS.search(self.text, max(0, start - _BEFORE), start)
                                  or _SPEAKS.search(self.text, end, end + _AFTER))


def _begins(digits: str) -> bool:
    """A number with at most month, year (four digits) and code (four) behind it."""
    return len(digits) <= 26 and digits[:4] in _SCHEMES and any(
        length <= len(digits) and issued(digits[:length]) for length in (16, 15, 14))


def _dated(digits: str) -> bool:
    """A number with its month and year joined to it, perhaps the code, too."""
    return len(digits) >= 20 and any(_EXPIRY.fullmatch(digits, length) and issued(digits[:length])
                                     for length in (16, 15))


def _anywhere(digits: str) -> bool:
    return any(issued(digits[at:at + length]) for length in (16, 15, 14) for at in range(len(digits) - length + 1))


def _schemes() -> dict[str, str]:
    """Each four digits that a number of a scheme may begin with."""
    found: dict[str, str] = {}
    for first, last, name in RANGES:
        more = 10 ** (4 - len(first))
        for start in range(int(first) * more, (int(last) + 1) * more):
            found.setdefault(str(start), name)
    return found


_SCHEMES = _schemes()
