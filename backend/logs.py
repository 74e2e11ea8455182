"""Logging: one JSON line per event on stdout, in which no card number and no secret can appear.

Every line of every library passes through here, too. A rendered line is searched once for anything suspicious; only
a line with a find is taken apart and cleaned, so the usual line costs one regular expression.
"""

import logging
import os
import re
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

import orjson
import structlog

from backend import card_numbers
from backend.card_numbers import HIDDEN
from backend.sink import Sink

_SECRETS = re.compile(
    r"\b((?:sk|pk|rk)_(?:test|live)_)\w+"          # API keys: the prefix may stay (security A20)
    r"|\b(whsec_)[\w+/=]+"
    r"|\b(\w+_secret_)\w+"                          # client secrets: pi_…_secret_…
    r"|(\b[Bb]earer\s+)[\w.~+/=-]+"
    r"|(://[^\s/:@\"]*:)[^\s@/\"]+(?=@)")           # passwords in addresses
_NAMES = frozenset({"cvc", "cvc2", "cvv", "card_number", "pan", "password", "passwd", "authorization", "cookie",
                    "set-cookie", "api_key", "client_secret", "otp"})
_NAMED = re.compile(r'"(?:' + "|".join(sorted(_NAMES)) + r')"\s*:', re.IGNORECASE)
_MARKS = r"[spr]k_(?:test|live)_|whsec_|_secret_|[Bb]earer\s|://[^\s/\"]*@"
_SECRET = re.compile(_MARKS, re.IGNORECASE)
_PREFILTER = re.compile(rf"{card_numbers.RUN.pattern}|[0-9][%\\&]|{_MARKS}|{_NAMED.pattern}", re.IGNORECASE)
_DEPTH_MAX = 8


def redact(text: str, *, deep: bool = False) -> str:
    """`text` with card numbers and secrets replaced; the same object when it holds none. `deep`: as for a log line,
    also numbers inside longer runs of digits."""
    return card_numbers.hide(_SECRETS.sub(_hide_secret, text) if _SECRET.search(text) else text, deep=deep)


def _hide_secret(found: re.Match[str]) -> str:
    return next(group for group in found.groups() if group is not None) + HIDDEN


def clean(value: Any, depth: int = 0) -> Any:
    """A copy of a value as it may be logged: text redacted, named secrets hidden, numbers that are cards too."""
    if isinstance(value, str):
        return redact(value, deep=True)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value if redact(text := str(value), deep=True) == text else HIDDEN
    if depth > _DEPTH_MAX:
        return "…"
    if isinstance(value, Mapping):
        return {redact(str(key), deep=True): HIDDEN if str(key).lower() in _NAMES else clean(item, depth + 1)
                for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [clean(item, depth + 1) for item in value]
    return redact(_readable(value), deep=True)


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
    if _PREFILTER.search(card_numbers.fold(line.decode())):
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
    """Digits of neighbouring numbers may form a card number only together; then no number of the line is shown."""
    text = line.decode()
    return line if card_numbers.hide(text, deep=True) == text else orjson.dumps(_numberless(orjson.loads(line)))


def _numberless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _numberless(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_numberless(item) for item in value]
    return HIDDEN if isinstance(value, int | float) and not isinstance(value, bool) else value


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
]


class _Lines(logging.Handler):
    """The standard library's lines, into the same sink."""

    def __init__(self, sink: Sink) -> None:
        super().__init__()
        self._sink = sink

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._sink.write(self.format(record).encode() + b"\n")
        except Exception:  # a line that cannot be rendered stops nobody
            self.handleError(record)


_sinks: list[Sink] = []


def written() -> bool:
    """False while the lines of this process cannot be written: its disk is full or gone."""
    return not any(sink.failing for sink in _sinks)


def install(level: str = "info") -> None:
    """Send structlog's and the standard library's lines through `render` to stdout. Call once per process."""
    sink = Sink(sys.stdout.fileno())
    _sinks[:] = [sink]
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    structlog.configure(
        processors=[*_SHARED, render],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.BytesLoggerFactory(cast(BinaryIO, sink)),
        cache_logger_on_first_use=True,
    )
    handler = _Lines(sink)
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
