"""The ISO 8583:1987 dialect of the sandbox acquirers: field table, framing, and the tags of field 48.

The connector keeps its own copy of SPEC on purpose (two programs, one contract); a test holds them equal.
"""

from typing import Any

import iso8583


def _field(length: int, digits: int = 0, encoding: str = "ascii") -> dict[str, Any]:
    return {"data_enc": encoding, "len_enc": "ascii", "len_type": digits, "max_len": length, "desc": ""}


SPEC: dict[str, dict[str, Any]] = {
    "h": _field(0),
    "t": _field(4),
    "p": _field(8, encoding="b"),
    "1": _field(8, encoding="b"),
    "2": _field(19, 2),      # primary account number
    "3": _field(6),          # processing code: 000000 purchase, 200000 refund
    "4": _field(12),         # amount, minor units
    "7": _field(10),         # transmission date and time, MMDDhhmmss, UTC
    "11": _field(6),         # system trace audit number (STAN)
    "14": _field(4),         # expiry, YYMM
    "37": _field(12),        # acquirer reference
    "38": _field(6),         # authorisation code
    "39": _field(2),         # response code
    "41": _field(8),         # terminal
    "42": _field(15),        # merchant id
    "43": _field(40),        # merchant name and location
    "44": _field(25, 2),     # CVC result, then AVS result
    "48": _field(999, 3),    # our tags, see below
    "49": _field(3),         # currency, ISO 4217 numeric
    "63": _field(15, 3),     # network transaction id
    "70": _field(3),         # network management: 301 echo
}

TAG_KEY, TAG_ORIGINAL, TAG_MORE, TAG_STATUS, TAG_ORIGINAL_CODE = "01", "02", "03", "10", "11"
TAG_ECI, TAG_CAVV, TAG_DS_ID = "42", "43", "44"
TAG_CVC, TAG_POSTAL, TAG_LINE1 = "92", "93", "94"

FRAME_MAX = 4096
"""A longer frame is not ours; the connection is closed."""


def decode(body: bytes) -> dict[str, str]:
    """Fields of one message by their number ("t" is the message type). ValueError or KeyError for garbage."""
    return iso8583.decode(body, SPEC)[0]


def encode(fields: dict[str, str]) -> bytes:
    """One message with its two-byte length in front. Raises ValueError when a field does not fit."""
    body = iso8583.encode(fields, SPEC)[0]
    return len(body).to_bytes(2, "big") + body


def read_tags(text: str) -> dict[str, str]:
    """Field 48: two-digit tag, three-digit length, value. Raises ValueError for a broken chain."""
    tags: dict[str, str] = {}
    at, end = 0, len(text)
    while at < end:
        start = at + 5
        stop = start + int(text[at + 2:start])
        if stop > end or stop < start:
            raise ValueError("field 48 is cut short")
        tags[text[at:at + 2]] = text[start:stop]
        at = stop
    return tags


def write_tags(tags: dict[str, str]) -> str:
    """The inverse of `read_tags`; empty values are left out."""
    return "".join(f"{tag}{len(value):03}{value}" for tag, value in tags.items() if value)
