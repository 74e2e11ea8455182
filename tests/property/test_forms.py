"""Form decoding for any input: what an encoder writes reads back, qs-codec agrees, the rest is refused in order."""

from contextlib import suppress
from urllib.parse import quote_plus

import pytest
import qs_codec
import stripe
from hypothesis import given
from hypothesis import strategies as st
from stripe._encode import _api_encode

from backend.errors import InvalidRequest
from backend.fields import forms
from backend.fields.forms import DEPTH_MAX

# Names and values that a merchant may send; brackets are syntax, and a lone surrogate is no text.
NAMES = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="[]"), min_size=1, max_size=8)
VALUES = st.text(st.characters(blacklist_categories=("Cs",)), max_size=12)
TREES = st.recursive(st.dictionaries(NAMES, VALUES, min_size=1, max_size=4),
                     lambda child: st.dictionaries(NAMES, VALUES | child, min_size=1, max_size=3), max_leaves=12)


def pairs(tree: dict, path: str = "") -> list[tuple[str, str]]:
    """(bracketed name, value) of every leaf."""
    found = []
    for name, value in tree.items():
        here = f"{path}[{name}]" if path else name
        found += pairs(value, here) if isinstance(value, dict) else [(here, value)]
    return found


def encode(leaves: list[tuple[str, str]]) -> str:
    return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in leaves)


@given(TREES)
def test_what_is_written_reads_back(tree):
    assert forms.decode(encode(pairs(tree))) == tree


# Where the semantics agree: plain names, hashes with names that are no numbers (qs would make lists of them).
PLAIN = st.text("abcdefgh_", min_size=1, max_size=6)
HASHES = st.recursive(st.dictionaries(PLAIN, VALUES, min_size=1, max_size=4),
                      lambda child: st.dictionaries(PLAIN, VALUES | child, min_size=1, max_size=3), max_leaves=12)
OPTIONS = qs_codec.DecodeOptions(depth=DEPTH_MAX, parameter_limit=1000, parse_lists=True, list_limit=100)


@given(HASHES)
def test_hashes_read_as_qs_reads_them(tree):
    body = encode(pairs(tree))
    assert forms.decode(body) == qs_codec.decode(body, OPTIONS)


@given(st.lists(VALUES, min_size=1, max_size=8), st.booleans())
def test_lists_read_as_qs_reads_them(values, numbered):
    names = [f"a[{number}]" if numbered else "a[]" for number in range(len(values))]
    body = encode(list(zip(names, values, strict=True)))
    ours = forms.decode(body)["a"]
    assert list(ours) == [str(number) for number in range(len(values))]
    assert list(ours.values()) == qs_codec.decode(body, OPTIONS)["a"]


@given(st.lists(st.dictionaries(PLAIN, VALUES, min_size=1, max_size=3), min_size=1, max_size=5))
def test_lists_of_hashes_read_as_the_official_client_writes_them(items):
    body = encode([(name, value) for name, value in _api_encode({"items": items})])
    assert forms.decode(body) == {"items": {str(place): item for place, item in enumerate(items)}}


@given(HASHES, st.integers(1, 4), st.data())
def test_a_key_that_comes_again_in_full_begins_the_next_element(shape, count, data):
    items = [{name: f"{value}{number}" for name, value in pairs(shape)} for number in range(count)]
    prefix = data.draw(st.sampled_from(["a", "a[b]", "a[][b]"]))
    body = encode([(f"{prefix}[][{name.replace('[', '][', 1).removesuffix(']')}]", value)
                   for item in items for name, value in item.items()])
    found = forms.decode(body)["a"]
    for name in {"a": (), "a[b]": ("b",), "a[][b]": ("0", "b")}[prefix]:
        found = found[name]
    assert [dict(pairs(found[str(number)])) for number in range(count)] == items


@given(st.dictionaries(PLAIN, st.integers(0, 2**63 - 1) | st.booleans() | VALUES, min_size=1, max_size=6))
def test_values_read_as_the_official_client_writes_them(values):
    body = encode([(name, str(value)) for name, value in _api_encode(values)])
    expected = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in values.items()}
    assert forms.decode(body) == expected
    assert stripe.VERSION


@given(TREES, st.data())
def test_a_name_that_stands_twice_is_refused(tree, data):
    leaves = pairs(tree)
    again = data.draw(st.sampled_from(leaves))
    with pytest.raises(InvalidRequest) as refusal:
        forms.decode(encode([*leaves, again]))
    assert refusal.value.param == again[0][:200]


@given(st.text(max_size=200) | st.text("ab[]=&%+0", max_size=60))
def test_any_text_is_read_or_refused(body):
    with suppress(InvalidRequest):
        assert depth(forms.decode(body)) <= DEPTH_MAX


def depth(tree: object) -> int:
    return 1 + max(map(depth, tree.values()), default=0) if isinstance(tree, dict) and tree else 0
