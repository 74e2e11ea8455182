"""Answers as a person at a terminal reads them: JSON over several lines. Libraries get it in one."""

from collections.abc import Iterable

import orjson

_AGENTS = (b"curl/", b"Wget/", b"HTTPie/")


def asks(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether these are the headers of a person's tool that takes whatever comes; a script that names the JSON it
    wants is none."""
    agent, accept = b"", b"*/*"
    for name, value in headers:
        if name == b"user-agent":
            if not value.startswith(_AGENTS):
                return False
            agent = value
        elif name == b"accept":
            accept = value
    return bool(agent) and b"*/*" in accept


def pretty(body: bytes) -> bytes:
    """The same JSON over several lines: equal bytes for equal bytes."""
    return orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
