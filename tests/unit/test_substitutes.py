"""Card numbers in requests to the API: a token takes their place, and anywhere else they are refused."""

import json
from urllib.parse import parse_qsl, urlencode

import pytest

from backend.errors import InvalidRequest
from vault import substitutes
from vault.substitutes import FORM, JSON, Place

NUMBER = "4539148803436467"
CARD = {"number": NUMBER, "exp_month": "12", "exp_year": "2034", "cvc": "123"}
INTENT = "/v1/payment_intents/pi_1/confirm"


async def replaced(path: str, body: bytes, kind: str = FORM) -> tuple[bytes, list[tuple[Place, dict[str, str]]]]:
    kept: list[tuple[Place, dict[str, str]]] = []

    async def keep(card: dict[str, str], place: Place) -> str:
        kept.append((place, card))
        return "tok_1"

    found, left = await substitutes.replaced(body, kind, substitutes.places(path), keep)
    substitutes.search(left)
    return found, kept


def form(at: str, **more: str) -> bytes:
    return urlencode({f"{at}[{name}]": value for name, value in CARD.items()} | more).encode()


async def test_a_hash_gets_a_token_and_keeps_the_rest() -> None:
    body, kept = await replaced(INTENT, form("payment_method_data[card]", **{
        "payment_method_data[type]": "card", "payment_method_data[card][networks][preferred]": "visa",
        "payment_method_data[card][odd]": "1", "expand[]": "customer"}))
    assert dict(parse_qsl(body.decode())) == {
        "payment_method_data[type]": "card", "payment_method_data[card][token]": "tok_1",
        "payment_method_data[card][odd]": "1", "expand[]": "customer"}
    assert kept[0][1] == {**CARD, "networks][preferred": "visa"}


async def test_the_same_of_json() -> None:
    tree = {"payment_method_data": {"type": "card", "card": {**CARD, "exp_month": 12, "networks": {"preferred": "visa"},
                                                             "odd": 1}}, "amount": 5, "confirm": True, "x": None}
    body, kept = await replaced("/v1/setup_intents", json.dumps(tree).encode(), JSON)
    assert json.loads(body) == {"payment_method_data": {"type": "card", "card": {"token": "tok_1", "odd": 1}},
                                "amount": 5, "confirm": True, "x": None}
    assert kept[0][1] == {**CARD, "networks][preferred": "visa"}


@pytest.mark.parametrize("path", ["/v1/charges", "/v1/customers", "/v1/customers/cus_1", "/v1/customers/cus_1/sources"])
@pytest.mark.parametrize("name", ["source", "card"])
async def test_older_calls_get_the_token_itself(path: str, name: str) -> None:
    more = {f"{name}[object]": "card", f"{name}[name]": "Ada", "email": "a@b.c"}
    body, kept = await replaced(path, form(name, **more))
    assert dict(parse_qsl(body.decode())) == {name: "tok_1", "email": "a@b.c"}
    assert kept[0][1] == {**CARD, "object": "card", "name": "Ada"}
    body, _ = await replaced(path, json.dumps({name: {**CARD, "object": "card"}, "email": "a"}).encode(), JSON)
    assert json.loads(body) == {name: "tok_1", "email": "a"}


@pytest.mark.parametrize("name", ["source", "card"])
@pytest.mark.parametrize(("beside", "value"), [
    ("foo", "bar"), ("currency", "eur"), ("metadata][x", "y"), ("networks", "visa"), ("address_line1][x", "y"),
    ("", "x"), ("id", "card_1"), ("number][x", "y")])
async def test_older_calls_drop_nothing_in_silence(name: str, beside: str, value: str) -> None:
    shown = f"{name}[{beside}]"
    bodies = {FORM: form(name, **{shown: value})}
    if "]" not in beside:
        bodies[JSON] = json.dumps({name: {**CARD, beside: value}}).encode()
    for kind, body in bodies.items():
        with pytest.raises(InvalidRequest) as refused:
            await replaced("/v1/charges", body, kind)
        assert (refused.value.code, refused.value.param) == ("parameter_unknown", shown)


async def test_older_calls_take_who_owns_the_card() -> None:
    owner = {"name": "Ada", "address_zip": "1", "address_line1": "2", "object": "card"}
    body = form("source", **{f"source[{name}]": value for name, value in owner.items()})
    assert (await replaced("/v1/charges", body))[1][0][1] == {**CARD, **owner}


async def test_older_calls_take_cards_only() -> None:
    with pytest.raises(InvalidRequest) as refused:
        await replaced("/v1/charges", form("source", **{"source[object]": "bank_account"}))
    assert refused.value.param == "source[object]"


@pytest.mark.parametrize("path", ["/v1/charges", INTENT])
@pytest.mark.parametrize("beside", [b"", b"&%s[exp_month]=12"])
@pytest.mark.parametrize("name", ["number", "number]x", "cvc"])
async def test_a_name_without_its_end_is_no_name(path: str, beside: bytes, name: str) -> None:
    at = "source" if path == "/v1/charges" else "payment_method_data[card]"
    body = f"{at}[{name}={NUMBER}".encode() + (beside % at.encode() if beside else b"")
    with pytest.raises(InvalidRequest) as refused:
        await replaced(path, body)
    assert (refused.value.code, refused.value.param) == ("parameter_unknown", f"{at}[{name}")
    assert NUMBER not in refused.value.message


@pytest.mark.parametrize(("kind", "body"), [
    (FORM, b"b=2&a=1&a%5Bx%5D=3&c=%F0%9F%8D%95"), (JSON, b'{ "a" : 1, "b": 2 }'), ("multipart/form-data", b"x"),
    (FORM, b""), (JSON, b""),
    (JSON, b"{broken"), (FORM, b"%ff=1"), (JSON, b"[1,2]"), (JSON, b'"x"'), (FORM, b"source=tok_visa"),
    (JSON, b'{"payment_method_data": {"card": "x"}}'), (JSON, b'{"payment_method_data": []}'), (JSON, b"[" * 5000)])
async def test_what_has_no_number_stays_as_it_came(kind: str, body: bytes) -> None:
    for path in (INTENT, "/v1/charges", "/v1/products"):
        assert await replaced(path, body, kind) == (body, [])


@pytest.mark.parametrize(("path", "kind", "body"), [
    (INTENT, FORM, b"description=" + NUMBER.encode()), (INTENT, FORM, NUMBER.encode() + b"=1"),
    ("/v1/products", FORM, form("payment_method_data[card]")), ("/v1/prices", FORM, form("source")),
    (INTENT, JSON, b'{"metadata": {"a": ["4539 1488 0343 6467"]}}'), (INTENT, JSON, b'{"a": 4539148803436467}'),
    (INTENT, JSON, b'{broken 4539148803436467'), (INTENT, FORM, b"a=%ff&b=4539-1488-0343-6467"),
    (INTENT, FORM, form("card")), ("/v1/x", "multipart/form-data", b"name=x\r\n\r\n4539148803436467"),
    (INTENT, FORM, b"a=%ff&b=%34539148803436467"), (INTENT, JSON, json.dumps({NUMBER: 1}).encode()),
    (INTENT, FORM, form("payment_method_data[card]", **{"metadata[x]": NUMBER}))])
async def test_a_number_anywhere_else_goes_nowhere(path: str, kind: str, body: bytes) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await replaced(path, body, kind)
    assert refused.value.code == "parameter_invalid_card_number"
    assert "4539" not in refused.value.message + str(refused.value.param)


async def test_a_number_given_twice_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="more than once"):
        await replaced(INTENT, form("payment_method_data[card]") + b"&" + form("payment_method_data[card]"))


async def test_a_name_that_stands_twice_hides_nothing() -> None:
    with pytest.raises(InvalidRequest, match="more than once"):
        await replaced(INTENT, b'{"a": {"b": "4539148803436467", "b": 1}}', JSON)


@pytest.mark.parametrize("name", ["metadata[iban]", "metadata[account_number]", "iban", "card[routing_number]",
                                  "a[iban]", "shipping[us_bank_account][account_number]"])
def test_the_name_of_an_account_hides_no_card_elsewhere(name: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        substitutes.search([(name, "4242424242424242")])
    assert refused.value.code == "parameter_invalid_card_number"


async def test_an_account_number_is_no_card_number() -> None:
    body = urlencode({"payment_method_data[us_bank_account][account_number]": "4539148803436467"}).encode()
    assert await replaced(INTENT, body) == (body, [])


@pytest.mark.parametrize("kind", [FORM, JSON])
async def test_a_number_beside_a_token_is_one_too_many(kind: str) -> None:
    tree = {"payment_method_data": {"card": {**CARD, "token": "tok_visa"}}}
    body = json.dumps(tree).encode() if kind == JSON else form("payment_method_data[card]", **{
        "payment_method_data[card][token]": "tok_visa"})
    with pytest.raises(InvalidRequest, match="not both"):
        await replaced(INTENT, body, kind)
