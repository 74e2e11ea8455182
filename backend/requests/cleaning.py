"""What the log of requests may keep of a request: text without cards, keys, client secrets and account numbers; pure.

The usual answer has one client secret and nothing else to hide, so that way is short; anything that looks odd goes
through the slower cleaning of the logs.
"""

import re
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

import orjson

from backend import card_numbers, logs
from backend.card_numbers import HIDDEN

READ_MAX, KEPT_MAX = 131_072, 65_536
"""Bytes that are looked at, and characters that are kept of them; the difference keeps a cut number from showing."""
OBJECTS_MAX = 20
_REMEMBERED_MAX = 200

_DIGITS = re.compile(card_numbers.RUN.pattern.encode() + rb"|[0-9](?:%|\\|&)")
_SECURITY = re.compile(
    r"""((?:cv[cv]2?|csc|security.code)(?:%[0-9a-f]{2}|[^0-9a-z]|[0-9](?=['"\] =:])){1,12}?)[0-9]{3,4}(?![0-9])""",
    re.IGNORECASE)
_SECURITY_WORDS = (b"cvc", b"cvv", b"csc", b"security")
_ADDRESS = re.compile(rb"://[^\s/\"]{0,500}@|[Bb]earer[ +]")
_SECRETS = tuple((start, start.encode(), re.compile(rf"{start}[\w+/=-]+"))
                 for start in ("_secret_", "k_test_", "k_live_", "whsec_"))
_TELLING = ("number", "csc", "security_code", "pan", "password", "client_secret", "secret", "account_number", "iban",
            "id_number", "ssn", "ssn_last_4", "api_key", "session_token")
_TELLING_ENDS = tuple(f"_{name}" for name in _TELLING)
_CODES = re.compile("cv[cv]")
_NAME_MAX = 1000
_ID = re.compile(r'"([a-z]{2,7}_(?:test_|live_)?[A-Za-z0-9]{8,})"')
_PREFIXES = frozenset("""pi seti setatt ch py re pyr cus pm card tok ba prod price cs plink evt we po tr fee dp du txn
                         txr shr promo mandate file link ctoken issfr txi cbtxn il li in ii sub si""".split())
_CODE = re.compile(r'"(?:decline_)?code":"(\w{1,80})"')


def text(raw: bytes) -> str:
    """`raw` as text with everything hidden that nobody may read later."""
    found = raw[:READ_MAX].decode("utf-8", "replace").replace("\x00", "").replace("\\u0000", "")
    if not raw.isascii() or _DIGITS.search(raw) or ((b"://" in raw or b"earer" in raw) and _ADDRESS.search(raw)):
        found = logs.redact(found)
    low = raw.lower()
    if any(word in low for word in _SECURITY_WORDS):
        found = _SECURITY.sub(rf"\g<1>{HIDDEN}", found)
    for start, mark, pattern in _SECRETS:
        if mark in raw:
            found = pattern.sub(start + HIDDEN, found)
    return found


def short(found: str) -> str:
    """A path, a client's name, a key: few that come again and again, unless somebody makes them up."""
    return _remembered(found) if len(found) <= _REMEMBERED_MAX else text(found.encode("utf-8", "replace"))


@lru_cache(maxsize=4096)
def _remembered(found: str) -> str:
    return text(found.encode("utf-8", "replace"))


def parameters(raw: bytes, *, json: bool) -> str:
    """The parameters as JSON: an object when JSON was sent, else a list of [name, value]; both cleaned."""
    if not raw:
        return "[]"
    given: Any
    try:
        if json:
            given = _hidden(orjson.loads(raw), 0)
        else:
            pairs = parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True)
            given = [(name, HIDDEN if _telling(name) else value) for name, value in pairs]
        return text(orjson.dumps(given))[:KEPT_MAX]
    except (ValueError, TypeError):  # cut at READ_MAX, or never JSON
        return text(raw)[:KEPT_MAX]


def _telling(name: str) -> bool:
    """Whether what stands under this name is nobody's to read: by the last part of `a[b][c]`, or its last words. A name
    longer than any of ours is not looked at, and hides its value."""
    if len(name) > _NAME_MAX:
        return True
    last = name.removesuffix("]").rpartition("[")[2].lower()
    return last in _TELLING or last.endswith(_TELLING_ENDS) or _CODES.search(last) is not None


def _hidden(value: Any, depth: int) -> Any:
    """A JSON value without what stands under a telling name."""
    if isinstance(value, dict) and depth < 12:
        return {name: HIDDEN if _telling(name) and not isinstance(one, dict | list)
                else _hidden(one, depth + 1) for name, one in value.items()}
    if isinstance(value, list) and depth < 12:
        return [_hidden(one, depth + 1) for one in value]
    return value if isinstance(value, str | int | float | bool | None) else "…"


def objects(path: str, params: str, answer: str) -> list[str]:
    """The ids that a request was about: those of its path, its parameters and the beginning of its answer."""
    path = path.replace("/", '""')
    found = dict.fromkeys(_ID.findall(f'{path}"{params}{answer[:8000]}'))
    return [id for id in found if id.partition("_")[0] in _PREFIXES][:OBJECTS_MAX]


def code(answer: str) -> str | None:
    """The code of an error's answer."""
    found = _CODE.search(answer)
    return found and found[1]
