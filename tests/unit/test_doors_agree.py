"""What several doors take is refused in the same words at each, and one reader bounds what they read."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.requests import Request

from api import customer_sources, payment_methods
from backend.errors import FarthingError, InvalidRequest, NotFound, PermissionDenied, TooLarge, TooMany
from backend.fields import forms
from backend.fields.tables import Table
from backend.fields.types import Boolean, Currency, Decimal, Email, Integer
from backend.web import bodies, errors
from vault import params

SHARED = [
    {"allow_redisplay": "sometimes"}, {"allow_redisplay": ""}, {"metadata": {"a": "b" * 501}},
    {"metadata": {"a" * 41: "b"}},
    {"metadata": {str(number): "b" for number in range(51)}}, {"metadata": "x"}, {"metadata": {"a": {"b": "c"}}},
    {"metadata": {"note": "4242424242424242"}}, {"metadata": {"4242424242424242": "note"}},
    {"billing_details": "x"}, {"billing_details": {"name": "a" * 501}}, {"billing_details": {"name": "a\x00"}},
    {"billing_details": {"nam": "a"}}, {"billing_details": {"name": "4242 4242 4242 4242"}},
    {"billing_details": {"address": {"city": "a" * 501}}}, {"billing_details": {"address": {"town": "a"}}},
    {"metadat": {}}, {"4242424242424242": "a"}, {"type": ""}, {"type": {"a": "b"}}, {},
]
"""Of a new payment method: what the API refuses in `POST /v1/payment_methods`."""


def refused(table: Table, tree: dict[str, Any]) -> tuple[type, str, str | None, str | None]:
    with pytest.raises(InvalidRequest) as error:
        table.parse(tree)
    return type(error.value), error.value.message, error.value.code, error.value.param


@pytest.mark.parametrize("tree", SHARED, ids=str)
def test_the_vault_refuses_in_the_words_of_the_api(tree: dict[str, Any]) -> None:
    tree = tree if not tree or "type" in tree else {"type": "card", **tree}
    _, *by_api = refused(payment_methods.CREATE, tree)
    _, *by_vault = refused(params.METHOD, tree)
    assert by_vault == by_api


@pytest.mark.parametrize("card", [{"exp_month": "100"}, {"exp_year": "10000"}, {"exp_month": ""}, {"exp_month": "-1"}])
def test_a_card_ends_when_it_does_at_both_doors(card: dict[str, str]) -> None:
    _, *by_api = refused(payment_methods.UPDATE, {"card": card})
    _, *by_vault = refused(params.METHOD, {"type": "card", "card": card})
    assert by_vault == by_api


@pytest.mark.parametrize("card", [{"address_zip": "1" * 501}, {"name": "4242424242424242"}])
def test_whose_a_card_is_reads_the_same_at_both_doors(card: dict[str, str]) -> None:
    _, message, code, param = refused(customer_sources.UPDATE, card)
    _, *by_vault = refused(params.TOKEN, {"card": card})
    assert by_vault == [message.replace(str(param), f"card[{param}]"), code, f"card[{param}]"]


@pytest.mark.parametrize(("kind", "typed"), [
    (Integer(), "917 731"), (Boolean(), "917 731"), (Email(), "917 731"), (Currency(), "917 731"),
    (Decimal(), "917 731 ")])
def test_a_silent_table_repeats_no_value(kind: Any, typed: str) -> None:
    told, kept = (refused(Table({"a": kind}, silent=silent), {"a": typed}) for silent in (False, True))
    assert typed.strip() in told[1]
    assert "917" not in kept[1]
    assert "[redacted]" in kept[1]
    assert told[2:] == kept[2:]


def request(body: bytes, kind: str = forms.FORM, query: bytes = b"", piece: int = 7) -> Request:
    """A request whose body comes in pieces."""
    pieces = [body[at:at + piece] for at in range(0, len(body), piece)] or [b""]

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    return Request({"type": "http", "method": "POST", "path": "/", "query_string": query,
                    "headers": [(b"content-type", kind.encode())]}, receive)


async def test_a_body_is_read_up_to_its_bound() -> None:
    assert await bodies.whole(request(b"a" * 70), 70) == b"a" * 70
    with pytest.raises(TooLarge, match="larger than 70 bytes") as error:
        await bodies.whole(request(b"a" * 71), 70)
    assert error.value.code == "request_too_large"


@pytest.mark.parametrize("read", [bodies.form, lambda asked: bodies.given(asked, bodies.FORM_MAX)])
async def test_what_people_fill_in_has_one_bound(read: Callable[[Request], Any]) -> None:
    await read(request(b"a=" + b"b" * (bodies.FORM_MAX - 2), piece=4096))
    with pytest.raises(TooLarge):
        await read(request(b"a=" + b"b" * bodies.FORM_MAX, piece=4096))


@pytest.mark.parametrize(("body", "fields"), [
    (b"", {}), (b"a=1&b=&c=%20x", {"a": "1", "c": " x"}), (b"a%5Bb%5D=1", {"a[b]": "1"}), (b"a=%00", {"a": "\x00"})])
async def test_a_pages_form_is_flat(body: bytes, fields: dict[str, str]) -> None:
    assert await bodies.form(request(body)) == fields


@pytest.mark.parametrize("body", [b"a=1&a=2", b"a=%ff", b"\xff=1", b"&".join(b"a%d=1" % at for at in range(1001))])
async def test_a_pages_form_is_refused_as_the_apis_is(body: bytes) -> None:
    with pytest.raises(InvalidRequest) as by_page:
        await bodies.form(request(body))
    with pytest.raises(InvalidRequest) as by_api:
        (await bodies.given(request(body))).read()
    assert by_page.value.message.replace("body ", "") in {
        by_api.value.message.replace("body ", ""), "The request is not valid UTF-8 form encoding."}


async def test_one_parameter_of_anything_may_be_looked_at() -> None:
    given = await bodies.given(request(b"a[b]=1&c=2", query=b"d=3"))
    assert [given.peek("a", "b"), given.peek("c"), given.peek("d"), given.peek("a"), given.peek("c", "x")] == [
        "1", "2", "3", None, None]
    for body, kind in ((b"a=1", "text/plain"), (b"{", forms.JSON), (b"a=1&a=2", forms.FORM)):
        assert (await bodies.given(request(body, kind))).peek("a") is None


def test_no_error_leaves_with_a_card_number() -> None:
    error = InvalidRequest("No such thing: 4242424242424242", param="a[4242424242424242]")
    answer = errors.answered(error, "")
    assert b"4242" not in answer.body
    assert b"[redacted]" in answer.body


@pytest.mark.parametrize(("error", "said"), [
    (TooMany("often"), {"Stripe-Should-Retry": "true"}), (InvalidRequest("x"), {"Stripe-Should-Retry": "false"}),
    (NotFound("a", "b"), {"Stripe-Should-Retry": "false"}), (PermissionDenied("x"), {})])
def test_whether_to_try_again_follows_from_the_status(error: FarthingError, said: dict[str, str]) -> None:
    assert errors.headers(errors.answered(error, "").status) == said


def test_an_error_that_nobody_foresaw_tells_its_inside_to_nobody() -> None:
    class Log:
        lines: list[dict[str, Any]]

        def __init__(self) -> None:
            self.lines = []

        def error(self, _: str, **line: Any) -> None:
            self.lines.append(line)

    log, inside = Log(), ValueError("4242424242424242")
    known = errors.known(inside, "req_1", log, where=lambda error: type(error).__name__)
    assert "4242" not in known.message + str(log.lines)
    assert log.lines == [{"request_id": "req_1", "error": "ValueError"}]
    assert errors.answered(known, "").status == 500
