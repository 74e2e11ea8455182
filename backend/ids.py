"""Ids that look like Stripe's, sort by time and carry their environment."""

import secrets
import threading
import time
from uuid import UUID

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_VALUES = {char: value for value, char in enumerate(_ALPHABET)}
_LENGTH = 25  # 18 bytes in base 62: 6 of milliseconds, 4 of environment, 2 of order within the millisecond, 6 of chance
_ORDER_MAX = 0xFFFF
_lock = threading.Lock()
_last = [0, 0]
_DIGITS2 = [a + b for a in _ALPHABET for b in _ALPHABET]


def new(prefix: str, env: int) -> str:
    """A fresh id such as `pi_0A…` in environment `env`; ids of one process sort in the order of their birth.

    The time here only gives order and is no business timestamp, so it is the system's and not the clock's.
    """
    milliseconds, order = _moment()
    number = milliseconds << 96 | env << 64 | order << 48 | secrets.randbits(48)
    return f"{prefix}_{_text(number, _LENGTH)}"


def uuid() -> str:
    """A fresh UUID of version 7; those of one process sort by their birth, so an index grows at its end."""
    milliseconds, order = _moment()
    high = milliseconds << 16 | 7 << 12 | order >> 4
    return str(UUID(int=high << 64 | 0b10 << 62 | (order & 0xF) << 58 | secrets.randbits(58)))


def derived(prefix: str, env: int, digest: bytes) -> str:
    """The id in `env` that follows from 14 bytes or more of a keyed hash: the same for the same, and not to be
    guessed. Its order among others means nothing."""
    number = int.from_bytes(digest[:6]) << 96 | env << 64 | int.from_bytes(digest[6:14])
    return f"{prefix}_{_text(number, _LENGTH)}"


def card_of(token: str) -> str:
    """The id of the card behind a token, which it keeps as a source of a customer: `tok_0A…` -> `card_0A…`."""
    return f"card_{token.partition('_')[2]}"


def _text(number: int, length: int) -> str:
    """A number below 62**length in base 62, padded with zeros."""
    pairs = []
    for _ in range((length + 1) // 2):
        number, rest = divmod(number, 3844)
        pairs.append(_DIGITS2[rest])
    return "".join(reversed(pairs))[-length:]


def _moment() -> tuple[int, int]:
    """Milliseconds since 1970 and the place within that millisecond; never goes back, whatever the clock does."""
    with _lock:
        now = time.time_ns() // 1_000_000
        if now > _last[0]:
            _last[:] = [now, 0]
        elif _last[1] < _ORDER_MAX:
            _last[1] += 1
        else:
            _last[:] = [_last[0] + 1, 0]
        return _last[0], _last[1]


def environment(id: str) -> int | None:
    """The environment that an id carries, or None when the text is no id of ours."""
    body = id.rpartition("_")[2]
    if len(body) != _LENGTH or any(char not in _VALUES for char in body):
        return None
    number = 0
    for char in body:
        number = number * 62 + _VALUES[char]
    return (number >> 64) & 0xFFFFFFFF or None


def token(length: int = 24) -> str:
    """A random text of letters and digits; 24 characters hold 142 bits of chance."""
    return _text(secrets.randbelow(62**length), length)


def client_secret(id: str) -> str:
    """`{id}_secret_{random}`: what a shopper's browser may hold for one object."""
    return f"{id}_secret_{token(25)}"
