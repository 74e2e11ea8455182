"""Who gets JSON over several lines, and that it says the same."""

import orjson
import pytest

from api import persons


@pytest.mark.parametrize(("headers", "asks"), [
    ({"user-agent": "curl/8.5.0", "accept": "*/*"}, True), ({"accept": "*/*", "user-agent": "curl/7.1"}, True),
    ({"user-agent": "Wget/1.21", "accept": "*/*"}, True), ({"user-agent": "curl/8.5.0"}, True),
    ({"user-agent": "HTTPie/3.2", "accept": "application/json, */*;q=0.5"}, True),
    ({"user-agent": "curl/8.5.0", "accept": "application/json"}, False),
    ({"user-agent": "Stripe/v1 PythonBindings/16.1.0", "accept": "*/*"}, False),
    ({"user-agent": "python-httpx/0.28", "accept": "*/*"}, False), ({"accept": "*/*"}, False), ({}, False),
    ({"user-agent": "my curl/8", "accept": "*/*"}, False)])
def test_who_is_a_person(headers: dict[str, str], asks: bool) -> None:
    assert persons.asks([(name.encode(), value.encode()) for name, value in headers.items()]) is asks


def test_the_same_is_said_in_the_same_order() -> None:
    body = b'{"b":1,"a":[{"c":"\xc3\xa9\\u0000","d":null},1.5,true,9223372036854775807]}'
    shown = persons.pretty(body)
    assert shown.startswith(b'{\n  "b": 1,\n  "a": [')
    assert shown.endswith(b"}\n")
    assert orjson.dumps(orjson.loads(shown)) == body
    assert persons.pretty(body) == shown
