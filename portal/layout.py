"""JSON as people read it, also when it was cut in the middle and is no JSON any more."""

import re

import orjson

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"?|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)
_STEP = "  "


def laid_out(text: str) -> str:
    """The text with a line for each member; what is not JSON at all stays as it is."""
    try:
        return orjson.dumps(orjson.loads(text), option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONDecodeError:
        return _cut(text) if text.lstrip()[:1] in ("{", "[") else text


def _cut(text: str) -> str:
    """The same for the beginning of a document: one token after the other, nothing invented at its end."""
    out: list[str] = []
    depth = 0
    tokens = _TOKEN.findall(text)
    for place, token in enumerate(tokens):
        closes = token in ("}", "]")
        if closes:
            depth = max(depth - 1, 0)
            out.append("" if place and tokens[place - 1] in ("{", "[") else f"\n{_STEP * depth}")
        out.append(f"{token} " if token == ":" else token)
        if token in ("{", "["):
            depth += 1
        following = tokens[place + 1] if place + 1 < len(tokens) else ""
        if token == "," or (token in ("{", "[") and following not in ("}", "]", "")):
            out.append(f"\n{_STEP * depth}")
    return "".join(out)
