"""Form encoding and JSON in: `a[b][]=c` to nested dictionaries and lists, with limits. Source: contract section 5."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote_plus

import orjson

from backend import twins
from backend.errors import InvalidRequest

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
PAIRS_MAX = 1000
DEPTH_MAX = 10
_INDEX = re.compile(r"[0-9]{1,9}\Z")
NAME_MAX = 1500
"""Characters of a parameter's name as it is sent: ten levels of percent-encoded names fit."""
ELEMENTS_MAX = 4 * PAIRS_MAX
"""What may begin in a JSON body: hashes, lists, and what follows a comma."""
_NAME = re.compile(r"[^\[\]]+|\[[^\[\]]*\]")
_ELEMENT = re.compile(rb'(?:[^",\[{]|"(?:[^"\\]|\\.)*+"?)*+[,\[{]', re.DOTALL)

Tree = dict[str, Any]


def decode(body: str) -> Tree:
    """The body as a tree of dictionaries; list indexes stay text until the parameter's type is known.

    Raises InvalidRequest for a name that stands twice, for too many pairs and for too deep a name.
    """
    tree: Tree = {}
    if body.count("&") < PAIRS_MAX:
        for pair in body.split("&"):
            _short(pair.partition("=")[0])
    pairs = _read(body)
    tops: dict[int, int] = {}
    for name, value in pairs:
        _place(tree, name, value, tops)
    return tree


def flat(body: bytes) -> dict[str, str]:
    """The fields of a form that people fill in, by their names as they stand there; one that was left empty is absent.

    Raises InvalidRequest for a name that stands twice and for too many fields.
    """
    try:
        pairs = _read(body.decode())
    except UnicodeDecodeError as error:
        raise _no_form() from error
    found: dict[str, str] = {}
    for name, value in pairs:
        if not value:
            continue
        if name in found:
            raise InvalidRequest(f"The parameter {name[:200]} was given more than once.", param=name[:200])
        found[name] = value
    return found


def from_json(body: bytes) -> Tree:
    """A JSON body as the same tree that its form encoding would give: text, hashes, and lists by index.

    `null` unsets, as an empty text does in a form. Raises InvalidRequest for what is no JSON object.
    """
    left = [PAIRS_MAX]
    tree: Tree = _textual(json_object(body), left, 0)
    return tree


def json_object(body: bytes) -> dict[str, Any]:
    """A JSON body with its values as they are; raises InvalidRequest for what is no object, and for a name that stands
    twice."""
    if sum(map(body.count, (b",", b"[", b"{"))) > ELEMENTS_MAX and _elements(body) > ELEMENTS_MAX:
        raise InvalidRequest(f"The request has more than {PAIRS_MAX} parameters.")
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest(f"The request body is not valid JSON: {error.msg} at line {error.lineno}, column "
                             f"{error.colno}.") from error
    if not isinstance(value, dict):
        raise InvalidRequest("The request body must be a JSON object of parameters.")
    _refuse_twins(body)
    return value


def in_order(raw: bytes) -> bytes:
    """A form's pairs by their names; `a[]=1&a[]=2` keeps its order."""
    pairs: list[bytes] = raw.split(b"&")
    pairs.sort(key=lambda pair: pair.partition(b"=")[0])
    return b"&".join(pairs)


def canonical(params: Mapping[str, Any], expand: Any) -> bytes:
    """Checked parameters in one way of writing: as the official libraries encode them, in the order of their names."""
    pairs = [*_pairs(params, ""), *(_pairs(expand, "expand") if expand else ())]
    return in_order("&".join(f"{name}={quote_plus(value)}" for name, value in pairs).encode())


def _pairs(value: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and (value or not name):
        for key, one in value.items():
            yield from _pairs(one, f"{name}[{quote_plus(key)}]" if name else quote_plus(key))
    elif isinstance(value, list) and value:
        for index, one in enumerate(value):
            yield from _pairs(one, f"{name}[{index}]")
    elif isinstance(value, bool):
        yield name, "true" if value else "false"
    else:
        yield name, "" if value == [] else str(value)


def _read(body: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body, keep_blank_values=True, max_num_fields=PAIRS_MAX, errors="strict")
    except UnicodeDecodeError as error:
        raise _no_form() from error
    except ValueError as error:
        raise InvalidRequest(f"The request has more than {PAIRS_MAX} parameters.") from error


def _no_form() -> InvalidRequest:
    return InvalidRequest("The request body is not valid UTF-8 form encoding.")


def _elements(body: bytes) -> int:
    """How many elements begin in a JSON text, counted to one beyond ELEMENTS_MAX: reading them all would take long."""
    place = 0
    for count in range(ELEMENTS_MAX + 1):
        found = _ELEMENT.match(body, place)
        if found is None:
            return count
        place = found.end()
    return ELEMENTS_MAX + 1


def _short(name: str) -> None:
    if len(name) > NAME_MAX:
        raise InvalidRequest(f"Invalid parameter name: {name[:100]}… is longer than {NAME_MAX} characters.",
                             code="parameter_unknown", param=name[:100])


def _refuse_twins(body: bytes) -> None:
    """Raise InvalidRequest for a name that stands twice in one hash, as in a form: which of them was meant?"""
    try:
        json.loads(body, object_pairs_hook=twins.once)
    except RecursionError as error:
        raise InvalidRequest(f"The parameters are nested deeper than {DEPTH_MAX} levels.") from error


def _textual(value: Any, left: list[int], depth: int) -> Any:
    if isinstance(value, list):
        value = {str(index): one for index, one in enumerate(value)}
    if isinstance(value, dict):
        if depth >= DEPTH_MAX:
            raise InvalidRequest(f"The parameters are nested deeper than {DEPTH_MAX} levels.")
        for name in value:
            _short(name)
        return {name: _textual(one, left, depth + 1) for name, one in value.items()}
    left[0] -= 1
    if left[0] < 0:
        raise InvalidRequest(f"The request has more than {PAIRS_MAX} parameters.")
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _place(tree: Tree, name: str, value: str, tops: dict[int, int]) -> None:
    """Put one value into the tree; `tops` keeps the highest index of each list."""
    if not name:
        raise InvalidRequest("Invalid parameter name: a parameter has no name.", code="parameter_unknown")
    if "[" not in name:
        path = [name]
    else:
        parts = _NAME.findall(name)
        if "".join(parts) != name or parts[0][0] == "[":
            raise InvalidRequest(f"Invalid parameter name: {name[:200]}", code="parameter_unknown", param=name[:200])
        path = [part[1:-1] if part[0] == "[" else part for part in parts]
    if len(path) > DEPTH_MAX:
        raise InvalidRequest(f"The parameter is nested deeper than {DEPTH_MAX} levels.", param=name[:200])
    node: Tree = tree
    for depth, here in enumerate(path, 1):
        key = _index(node, path[depth:], tops.get(id(node), -1)) if here == "" else here
        if _INDEX.match(key):
            tops[id(node)] = max(tops.get(id(node), -1), int(key))
        if depth == len(path):
            if key in node:
                raise InvalidRequest(f"The parameter {name[:200]} was given more than once.", param=name[:200])
            node[key] = value
            return
        child = node.setdefault(key, {})
        if not isinstance(child, dict):
            raise InvalidRequest(f"The parameter {name[:200]} is given both as a value and as a hash.",
                                 param=name[:200])
        node = child


def _index(node: Tree, rest: list[str], last: int) -> str:
    """The element that `[]` means: the last one, until a key that it has in full comes again and begins the next.

    Source: Rack's reading of nested names, in which the samples of ten years were written.
    """
    if any(rest) and isinstance(node.get(str(last)), dict) and not _has(node[str(last)], rest):
        return str(last)
    return str(last + 1)


def _has(node: Any, rest: list[str]) -> bool:
    """Whether every name of `rest` is here already."""
    for name in filter(None, rest):
        if not isinstance(node, dict) or name not in node:
            return False
        node = node[name]
    return True
