"""Ids that look like Stripe's, sort by time and carry their environment."""

import secrets
import time

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_VALUES = {char: value for value, char in enumerate(_ALPHABET)}
_LENGTH = 25  # 18 bytes in base 62: 6 of milliseconds, 4 of environment, 8 of chance
_DIGITS2 = [a + b for a in _ALPHABET for b in _ALPHABET]


def new(prefix: str, env: int) -> str:
    """A fresh id such as `pi_0A…` in environment `env`; ids of one kind sort by the millisecond of their birth.

    The time here only gives order and is no business timestamp, so it is the system's and not the clock's.
    """
    number = (time.time_ns() // 1_000_000) << 96 | env << 64 | secrets.randbits(64)
    pairs = []
    for _ in range((_LENGTH + 1) // 2):
        number, rest = divmod(number, 3844)
        pairs.append(_DIGITS2[rest])
    return f"{prefix}_{''.join(reversed(pairs))[1:]}"


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
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def client_secret(id: str) -> str:
    """`{id}_secret_{random}`: what a shopper's browser may hold for one object."""
    return f"{id}_secret_{token(25)}"
