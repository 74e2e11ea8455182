"""Logging: one JSON line per event on stdout, in which no card number and no secret can appear.

Every line of every library passes through here, too. A rendered line is searched once for anything suspicious; only
a line with a find is taken apart and cleaned, so the usual line costs one regular expression.
"""

import logging
import os
import re
import sys
import unicodedata
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import structlog

HIDDEN = "[redacted]"
DIGITS_MIN, DIGITS_MAX = 13, 19

_DIGITS = re.compile(r"\d(?:[ \-\u00a0]{0,2}\d){12,}")
_SECRETS = re.compile(
    r"\b((?:sk|pk|rk)_(?:test|live)_)\w+"          # API keys: the prefix may stay (security A20)
    r"|\b(whsec_)[\w+/=]+"
    r"|\b(\w+_secret_)\w+"                          # client secrets: pi_…_secret_…
    r"|(\b[Bb]earer\s+)[\w.~+/=-]+"
    r"|(://[^\s/:@\"]*:)[^\s@/\"]+(?=@)")           # passwords in addresses
_NAMES = frozenset({"cvc", "cvc2", "cvv", "card_number", "pan", "password", "passwd", "authorization", "cookie",
                    "set-cookie", "api_key", "client_secret", "otp"})
_NAMED = re.compile(r'"(?:' + "|".join(sorted(_NAMES)) + r')"\s*:', re.IGNORECASE)
_PREFILTER = re.compile(rf"{_DIGITS.pattern}|[spr]k_(?:test|live)_|whsec_|_secret_|[Bb]earer\s|://[^\s/\"]*@|"
                        rf"{_NAMED.pattern}", re.IGNORECASE)
CARD_START = re.compile(r"2[2-7]|[3-6]|81")
"""First digits of card schemes: how a card begins inside a longer run of digits, and what the API refuses."""
_DEPTH_MAX = 8
_RUN_MAX = 400
"""A longer run of digits is hidden unread: no number of ours is that long, and looking into it takes its time."""

DIGIT_RUN = re.compile(r"[0-9](?:[ \-\u00a0]{0,2}[0-9]){11,}")
"""Digits with nothing but blanks and dashes between them, long enough to hold a card number."""
_PRINTED = ((4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3), (4, 3, 3, 3))
"""How cards print their number, in groups of digits."""


def _plain(char: str) -> str | None:
    """The ASCII digit, blank or dash that a character stands for, or None."""
    if (value := unicodedata.digit(char, None)) is not None:
        return str(value)
    return {"Zs": " ", "Pd": "-"}.get(unicodedata.category(char))


_PLAIN = {code: plain for code in range(128, sys.maxunicode + 1) if (plain := _plain(chr(code)))}


def fold(text: str) -> str:
    """`text`, as long as before, with the digits, blanks and dashes of every script in ASCII.

    `٤٢٤٢` and `４２４２` are read by people, and by whoever steals them, as the number that they write.
    """
    return text if text.isascii() else text.translate(_PLAIN)


def luhn(digits: str) -> bool:
    """True when the last digit is the Luhn check digit of the others (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, char in enumerate(reversed(digits)):
        value = ord(char) - 48
        if place % 2:
            value = value * 2 - 9 if value > 4 else value * 2
        total += value
    return total % 10 == 0


def card_like(run: str) -> Iterator[str]:
    """The digits in a DIGIT_RUN that may be a card number: all of it, one group, or groups as cards print them.

    So a number is seen though its expiry or code was pasted with it: `4242 4242 4242 4242 12/34`.
    """
    groups = re.findall(r"[0-9]+", run)
    if sum(map(len, groups)) <= DIGITS_MAX:
        yield "".join(groups)
    for first, group in enumerate(groups):
        if DIGITS_MIN - 1 <= len(group) <= DIGITS_MAX:
            yield group
        elif len(group) == 4:
            for shape in _PRINTED:
                row = groups[first:first + len(shape)]
                if tuple(map(len, row)) == shape:
                    yield "".join(row)


def redact(text: str) -> str:
    """`text` with card numbers and secrets replaced; the same object when it holds none."""
    folded = fold(text)
    if not _PREFILTER.search(folded):
        return text
    found = _DIGITS.sub(_hide_cards, _SECRETS.sub(_hide_secret, folded))
    return text if found == folded else found


def _hide_secret(found: re.Match[str]) -> str:
    return next(group for group in found.groups() if group is not None) + HIDDEN


def _hide_cards(found: re.Match[str]) -> str:
    """Mask a run of digits when it, a row of its groups, or a stretch inside it could be a card number."""
    run = found.group()
    if len(run) > _RUN_MAX:
        return HIDDEN
    digits = "".join(char for char in run if char.isdecimal() and char.isascii())
    return HIDDEN if _holds_card(run, digits) else run


def _holds_card(run: str, digits: str) -> bool:
    if DIGITS_MIN <= len(digits) <= DIGITS_MAX and luhn(digits):
        return True
    groups = re.findall(r"\d+", run)
    for first in range(len(groups)):
        row = ""
        for group in groups[first:]:
            row += group
            if len(row) > DIGITS_MAX:
                break
            if DIGITS_MIN <= len(row) <= DIGITS_MAX and luhn(row):
                return True
    return any(CARD_START.match(digits, start) and luhn(digits[start:start + length])
               for length in (16, 15, 14) for start in range(len(digits) - length + 1))


def clean(value: Any, depth: int = 0) -> Any:
    """A copy of a value as it may be logged: text redacted, named secrets hidden, numbers that are cards too."""
    if isinstance(value, str):
        return redact(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value if redact(text := str(value)) == text else HIDDEN
    if depth > _DEPTH_MAX:
        return "…"
    if isinstance(value, Mapping):
        return {redact(str(key)): HIDDEN if str(key).lower() in _NAMES else clean(item, depth + 1)
                for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [clean(item, depth + 1) for item in value]
    return redact(_readable(value))


def _readable(value: Any) -> str:
    """What orjson could not write by itself."""
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode("utf-8", "backslashreplace")
    return str(value)


def render(_: Any, __: str, event: MutableMapping[str, Any]) -> bytes:
    """The last processor: one JSON line, cleaned when anything in it looks like a secret."""
    try:
        line = orjson.dumps(event, default=_readable, option=orjson.OPT_NON_STR_KEYS)
    except (TypeError, ValueError):  # a number beyond 64 bits, a broken string: the cleaned copy has none
        return _last_wall(orjson.dumps(_as_text(clean(event))))
    if _PREFILTER.search(fold(line.decode())):
        return _last_wall(orjson.dumps(_as_text(clean(event))))
    return line


def _as_text(value: Any) -> Any:
    """Replace what JSON or UTF-8 cannot carry by its text."""
    if isinstance(value, dict):
        return {_as_text(key): _as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_text(item) for item in value]
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63 else value


def _last_wall(line: bytes) -> bytes:
    """Digits of neighbouring values may form a card number only together; then they become a 0 each run."""
    folded = fold(line.decode())
    found = _DIGITS.sub(lambda run: "0" if _hide_cards(run) == HIDDEN else run.group(), folded)
    return line if found == folded else found.encode()


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
]


def install(level: str = "info") -> None:
    """Send structlog's and the standard library's lines through `render` to stdout. Call once per process."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    structlog.configure(
        processors=[*_SHARED, render],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.BytesLoggerFactory(sys.stdout.buffer),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_logger_name, *_SHARED],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _render_text]))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(number, logging.INFO) if number > logging.DEBUG else number)
    for name in list(logging.Logger.manager.loggerDict):
        logger = logging.getLogger(name)
        if logger.handlers:  # one that was silenced (no handler, no propagation) stays silent
            logger.handlers.clear()
            logger.propagate = True
    logging.captureWarnings(True)
    sys.excepthook = _log_crash


@contextmanager
def to_file(path: Path, level: str = "info") -> Iterator[None]:
    """For a process that talks to a person: structlog's lines go to the end of a file for the length of the block."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "ab") as file:
        structlog.configure(processors=[*_SHARED, render], logger_factory=structlog.BytesLoggerFactory(file),
                            wrapper_class=structlog.make_filtering_bound_logger(number))
        try:
            yield
        finally:
            structlog.reset_defaults()


def _render_text(logger: Any, name: str, event: MutableMapping[str, Any]) -> str:
    return render(logger, name, event).decode()


def _log_crash(kind: type[BaseException], error: BaseException, trace: Any) -> None:
    """An error that ends the process is logged like any other line."""
    if issubclass(kind, KeyboardInterrupt):
        return
    logging.getLogger("farthing").critical("crashed", exc_info=(kind, error, trace))
