"""Every choice and every address of every table against what the official package declares or a browser takes."""

import re
from typing import Any

import pytest

from api import not_yet
from api.app import ROUTES
from backend.errors import InvalidRequest
from backend.fields import urls
from backend.fields.structures import Unset
from backend.fields.types import Choice, Descriptor, Url
from tests import parity, tables

_OLDER = {"payment_method_data.type": {"card"}, "ui_mode": {"hosted"}}
"""Values of older versions, or ones that the declarations forget."""
PLACES = [(table, place, kind.type if isinstance(kind, Unset) else kind)
          for method, path, endpoint in tables.ENDPOINTS if not endpoint.uploads
          for table in (endpoint.params,) for place, kind in tables.places(table.fields)]


@pytest.fixture(scope="module")
def here() -> list[parity.Call]:
    """The calls of the official package that are served here."""
    return [call for call in parity.official() if call.here]


def _choices(call: parity.Call) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for place, kind in tables.places(call.endpoint.params.fields):
        kind = kind.type if isinstance(kind, Unset) else kind
        if isinstance(kind, Choice):
            found[".".join(one for one in place if one != "0")] = set(kind.values)
    return found


def test_a_choice_takes_nothing_that_the_official_package_does_not_declare(here):
    undeclared = {}
    for call in here:
        ours = _choices(call)
        for name, annotation in call.declared.items():
            listed = set(re.findall(r"'([^']*)'", " ".join(re.findall(r"Literal\[([^\]]*)\]", annotation))))
            if listed and name in ours and (more := ours[name] - listed - _OLDER.get(name, set())):
                undeclared[call.method, call.path, name] = more
    assert undeclared == {}


def test_the_languages_of_a_page_are_all_that_the_official_package_declares(here):
    call = next(call for call in here if (call.method, call.path) == ("POST", "/v1/checkout/sessions"))
    assert _choices(call)["locale"] == set(re.findall(r"'([^']+)'", call.declared["locale"].partition("]")[0]))


BAD = ["http://localhost:84208420/x", "https://a.example:65536/", "https://a.example:0/", "https://a.example:-1/",
       "https://a.example:x/", "https://", "https:///x", "https://.", "https://.example", "https://a..example/",
       "https://-a.example/", "https://a-.example/", "https://a.example /x", "https://a.example/x y", "https://a b/",
       "https://user@a.example/", "https://user:pw@a.example/", "https://@a.example/", "ftp://a.example/",
       "javascript:alert(1)", "data:text/html,x", "//a.example/", "/x", "a.example", "http:a.example",
       "https:/a.example",
       "https://[::1/", "https://[::g]/", "https://1.2.3.4.5/", "https://999.1.1.1/", "https://1.2.3/",
       "https://0x7f.1/",
       "https://2130706433/", f"https://{'a' * 64}.example/", f"https://{'a.' * 130}example/", "https://a.example/\u200b",
       "https://a.example\\x", "https://a.example/\x7f", "https://a.example/<b>", 'https://a.example/"', "https://a%20b/",
       "https://a,b.example/", "https://{CHECKOUT_SESSION_ID}.example/", "https://a.example:80:80/", "\thttps://a.example/"]
GOOD = ["https://a.example", "https://a.example/", "http://localhost:3000/x?y=z#w", "https://a.example:65535/",
        "https://münchen.example/ü", "https://xn--mnchen-3ya.example/", "https://日本.example/?ü=é", "http://127.0.0.1:8420/x",
        "https://[2001:db8::1]:8443/", "https://a.example./", "https://a_b.example/", "https://1.example/",
        "https://a.example/x?id={CHECKOUT_SESSION_ID}", "https://a.example/%20", "https://a.example/a@b", "HTTPS://A.example"]


@pytest.mark.parametrize("address", BAD)
def test_an_address_that_cannot_be_reached_is_refused_wherever_one_is_taken(address):
    found = [(table, place) for table, place, kind in PLACES if isinstance(kind, Url)]
    assert len(found) > 15
    for table, place in found:
        with pytest.raises(InvalidRequest) as refused:
            table.parse(_text(tables.request(table, place, address)))
        assert (refused.value.code, refused.value.param) == ("url_invalid", tables.bracketed(place))


@pytest.mark.parametrize("address", GOOD)
def test_an_address_that_can_be_reached_is_taken(address):
    assert urls.reachable(address, ("https", "http"))


def _text(value: Any) -> Any:
    """A tree as a form gives it: lists by their indexes."""
    if isinstance(value, list):
        value = {str(index): one for index, one in enumerate(value)}
    return {name: _text(one) for name, one in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize(("given", "kept"), [("Café", "Caf"), ("Zoë's", None), ("日本 Tea", "Tea"), ("日本", None),
                                             ("é" * 30 + "Shop", "Shop"), ("A" * 22, "A" * 22), ("A" * 23, None),
                                             ("12345", None), ("A<b", None), ("A*b", None)])
def test_words_for_a_statement_are_stripped_of_what_it_cannot_show(given, kept):
    if kept is None:
        with pytest.raises(InvalidRequest):
            Descriptor().parse(given, "x")
    else:
        assert Descriptor().parse(given, "x") == kept
    assert sum(isinstance(kind, Descriptor) for _, _, kind in PLACES) >= 10


def _template(call: parity.Call) -> str:
    return next(path for path in ROUTES if re.sub(r"\{[^}]*\}", "{}", path) == call.path)


def test_a_name_that_the_official_package_knows_is_not_called_unknown(here):
    names = [(call, name) for call in here for name in call.refused]
    assert len(names) > 100
    for call, name in names:
        first, *rest = name.split(".")
        for param in {first + "".join(f"[{one}]" for one in rest), first + "".join(f"[0][{one}]" for one in rest)}:
            error = not_yet.told(InvalidRequest("?", code="parameter_unknown", param=param), call.method,
                                 _template(call), "http://x")
            assert "not supported here yet" in error.message, (call.method, call.path, param)
            assert "/docs/parity" in error.message, (call.method, call.path, param)
            assert "Did you mean" not in error.message, (call.method, call.path, param)


@pytest.mark.parametrize("param", ["transfer_date", "amout", "transfer_data_", "payment_method_options[klarn]"])
def test_a_misspelt_name_stays_unknown(param):
    given = InvalidRequest("?", code="parameter_unknown", param=param)
    assert not_yet.told(given, "POST", "/v1/payment_intents", "") is given
    other = InvalidRequest("?", code="parameter_missing", param="transfer_data")
    assert not_yet.told(other, "POST", "/v1/payment_intents", "") is other
