"""Countries for the billing select: ISO 3166 codes, their English names, and who writes postal codes."""

from functools import cache
from unicodedata import normalize

from backend.languages import ENGLISH, locale

_NOT_COUNTRIES = frozenset("AC CP CQ DG EA EU EZ IC QO TA UN XA XB XK ZZ".split())

NO_POSTAL = frozenset((
    "AE AG AO AW BF BI BJ BO BS BW BZ CD CF CG CI CK CM DJ DM ER FJ GA GD GH GM GN GQ GY HK HM IE JM KI KM KN KP LC "
    "LY ML MO MR MS MW NR NU QA RW SB SC SL SR ST SY TD TF TG TK TL TO TV UG VU YE ZW").split())
"""Countries without postal codes, or where people do not write one."""
NEED_POSTAL = frozenset(("CA", "GB", "PR", "US"))
"""Where an address without a postal code is not one."""


_NOT_SHIPPED = frozenset("AS CC CU CX FM HM IR KP MH MP NF PW SY UM VI".split())
"""Which a checkout page cannot be asked to ship to: not among those that the official package declares."""


_ALPHABETS = {"sv": "abcdefghijklmnopqrstuvwxyzåäö", "tr": "abcçdefgğhıijklmnoöprsştuüvyz",
              "pl": "aąbcćdeęfghijklłmnńoóprsśtuvwxyzźż", "es": "abcdefghijklmnñopqrstuvwxyz"}
"""Where a letter with a mark is one of its own; elsewhere it stands with the letter that it was made of."""


@cache
def named(language: str = ENGLISH) -> tuple[tuple[str, str], ...]:
    """(code, name) of every country, by name as the language (a tag of ours) orders them."""
    names = locale(language).territories
    found = [(code, name) for code, name in names.items()
             if len(code) == 2 and code.isalpha() and code not in _NOT_COUNTRIES]
    return tuple(sorted(found, key=lambda pair: _order(pair[1], _ALPHABETS.get(language, ""))))


def _order(name: str, alphabet: str) -> list[int]:
    small = name.replace("İ", "i").replace("I", "ı").lower() if "ı" in alphabet else name.lower()
    letters = (letter if letter in alphabet else normalize("NFKD", letter)[0] for letter in small)
    return [ord("a") + alphabet.index(letter) if letter in alphabet else ord(letter) for letter in letters]


SHIPPED = tuple(sorted(code for code, _ in named() if code not in _NOT_SHIPPED))
"""The countries that a checkout page can ship to."""
