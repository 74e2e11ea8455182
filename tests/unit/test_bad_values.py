"""Every place of every table with values that do not belong there: taken, or refused in words that name the place."""

import json
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from backend.errors import InvalidRequest
from backend.fields import forms
from backend.fields.tables import Table
from tests import parity, tables

LONG = "x" * 50_000
VALUES: dict[str, Any] = {
    "empty": "", "null": None, "blank": "  ", "long": LONG, "hash": {"a": "b"}, "list": ["a"], "lists": [["a"]],
    "deep": {"a": {"b": {"c": "d"}}}, "number": 123456789012345678, "huge": 10**30, "negative": -1, "part": 1.5,
    "bool": True, "nul": "a\x00b", "surrogate": "a\ud800", "pair": "\ud83d\ude00", "emoji": "😀" * 20,
    "no hash": {}, "no list": [], "brackets": "a[b]", "percent": "%00%", "quotes": "'\"\\<>", "words": "null"}
PLACES = [(f"{method} {path} {tables.bracketed(place)}", endpoint.params, place, kind)
          for method, path, endpoint in tables.ENDPOINTS if not endpoint.uploads
          for place, kind in tables.places(endpoint.params.fields)]


def as_form(tree: Any) -> bytes:
    pairs = [(name, "" if value is None else str(value)) for name, value in tables.flat(tree)]
    return "&".join(f"{quote_plus(name)}={quote(value.encode('utf-8', 'surrogatepass'))}"
                    for name, value in pairs).encode()


def as_json(tree: Any) -> bytes:
    return json.dumps(tree).encode()


def read(encoding: Any, tree: Any) -> dict[str, Any]:
    body = encoding(tree)
    return forms.from_json(body) if encoding is as_json else forms.decode(body.decode())


@pytest.mark.parametrize("encoding", [as_form, as_json])
@pytest.mark.parametrize("value", VALUES, ids=str)
def test_a_value_is_taken_or_refused_by_the_name_of_its_place(value, encoding):
    for name, table, place, _ in PLACES:
        tree = tables.request(table, place, VALUES[value])
        refusal = _refusal(table, encoding, tree)
        if refusal is None:
            continue
        assert 0 < len(refusal.message) < 2000, name
        if value not in ("surrogate", "pair"):  # then nothing of the body can be read
            assert refusal.param, (name, refusal.message)
            assert refusal.param.startswith(place[0]) or refusal.param in table.fields, (name, refusal.param)


def _refusal(table: Table, encoding: Any, tree: Any) -> InvalidRequest | None:
    try:
        table.parse(read(encoding, tree))
    except InvalidRequest as refusal:
        return refusal
    return None


@pytest.mark.parametrize("encoding", [as_form, as_json])
def test_an_empty_text_is_refused_wherever_nothing_can_be_unset(encoding):
    for name, table, place, kind in PLACES:
        tree = tables.request(table, place, "")
        if kind.unset:
            continue
        with pytest.raises(InvalidRequest) as refusal:
            table.parse(read(encoding, tree))
        assert refusal.value.code == "parameter_invalid_empty", name
        assert refusal.value.param == tables.bracketed(place), name


def test_what_the_official_package_lets_be_unset_can_be_unset_here():
    for call in parity.official():
        if call.here:
            ours: dict[str, Any] = {}
            for place, kind in tables.places(call.endpoint.params.fields):
                ours.setdefault(".".join(one for one in place if one != "0"), kind)  # a list before its entries
            missing = [name for name in call.emptied if name in ours and not ours[name].unset]
            assert not missing, (call.method, call.path, missing)


@pytest.mark.parametrize("word", ["true", "True", "TRUE", "false", "False", "FALSE"])
def test_a_boolean_may_be_written_in_any_case(word):
    found = [(table, place) for _, table, place, kind in PLACES if type(kind).__name__ == "Boolean"]
    assert len(found) > 50
    for table, place in found:
        tree = table.parse(read(as_form, tables.request(table, place, word)))
        for name in place:
            tree = tree[int(name) if isinstance(tree, list) else name]
        assert tree is (word.lower() == "true")


