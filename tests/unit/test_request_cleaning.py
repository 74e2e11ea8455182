"""What the log of requests keeps: no card, no key, no client secret, however they were sent."""

import json

import pytest

from backend import card_numbers
from backend.requests import cleaning

CARD = "4242424242424242"
KEY = "sk_test_" + "a1B2" * 10
SECRETS = [
    CARD, "4242 4242 4242 4242", "4242-4242-4242-4242", KEY, KEY.replace("sk_", "rk_"), KEY.replace("sk_", "pk_"),
    "whsec_" + "Zm9v" * 8, "pi_00abcDEF123_secret_" + "x9Y8" * 6, "Bearer abcdefghijklmnop.qrs",
    "https://user:hunter2hunter2@example.com/",
]
TAILS = ["424242", "a1B2a1B2", "Zm9vZm9v", "x9Y8x9Y8", "abcdefghijklmnop", "hunter2", "4242 4242", "4242-4242"]


def clean_of(text: str) -> None:
    assert not [tail for tail in TAILS if tail in text], text


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("where", ["description={}", "metadata[x]={}", "a=b&{}=1", "{}", "?&={}"])
def test_a_form_shows_no_secret(secret: str, where: str) -> None:
    from urllib.parse import quote, quote_plus

    for coded in (secret, quote(secret), quote_plus(secret), quote(secret, safe="")):
        clean_of(cleaning.parameters(where.format(coded).encode(), json=False))


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("where", ['{{"a": "{}"}}', '{{"a": {{"b": ["{}"]}}}}', '{{"{}": 1}}', '"{}"', "{{broken {}"])
def test_json_shows_no_secret(secret: str, where: str) -> None:
    clean_of(cleaning.parameters(where.format(secret).encode(), json=True))
    clean_of(cleaning.text(where.format(secret).encode()))


@pytest.mark.parametrize("said", [
    r'{"a":"4539\n1488\n0343\n6467"}', r"4539\u00a01488\u00a00343\u00a06467", "4539148803436467,4716461583322103 " * 9,
    "4539 1488 0343 6467\n4716 4615 8332 2103\n", "1 4539148803436467 2"])
def test_every_number_is_hidden_however_many_there_are_and_whatever_is_between(said: str) -> None:
    kept = cleaning.text(said.encode())
    assert not [part for part in ("6467", "2103") if part in kept]
    assert not card_numbers.holds(kept)


@pytest.mark.parametrize("name", ["card[number]", "card[cvc]", "client_secret", "us_bank_account[account_number]",
                                  "sepa_debit[iban]", "individual[id_number]", "password"])
def test_a_telling_name_hides_its_value(name: str) -> None:
    assert json.loads(cleaning.parameters(f"{name}=abc123&currency=usd".encode(), json=False)) == [
        [name, "[redacted]"], ["currency", "usd"]]


@pytest.mark.parametrize("said", ["cvc=8642", "https://example.com/?cvc=8642", "my CVV: 8642", "cvc2='8642'",
                                  "card[cvc]=8642", "card%5Bcvc%5D=8642", "csc 8642"])
def test_a_security_code_in_a_text_is_hidden(said: str) -> None:
    from urllib.parse import quote

    assert "8642" not in cleaning.parameters(f"return_url={quote(said)}".encode(), json=False)
    assert "8642" not in cleaning.text(said.encode())
    assert "8642" in cleaning.text(b"cvc_check=unchecked 8642"), "other digits stay"


def test_a_telling_name_hides_its_value_in_json() -> None:
    kept = json.loads(cleaning.parameters(b'{"card": {"number": 5, "cvc": "123", "exp_year": 34}}', json=True))
    assert kept == {"card": {"number": "[redacted]", "cvc": "[redacted]", "exp_year": 34}}


def test_a_card_that_is_cut_at_the_end_of_what_is_read_is_not_shown() -> None:
    for shift in range(20):
        raw = b"x" * (cleaning.READ_MAX - shift) + CARD.encode()
        assert "4242" not in cleaning.parameters(b"a=" + raw, json=False)[:cleaning.KEPT_MAX]


@pytest.mark.parametrize("raw", [b"\xff\xfe=\x00", b"a=%00", b'{"a":"\\u0000"}', b"[]", b"null", b"\xed\xa0\x80"])
def test_anything_becomes_text_that_postgresql_takes(raw: bytes) -> None:
    for kept in (cleaning.parameters(raw, json=False), cleaning.parameters(raw, json=True), cleaning.text(raw)):
        assert "\x00" not in kept
        assert "\\u0000" not in kept
        kept.encode()


def test_what_is_no_secret_stays() -> None:
    said = b'{"id":"pi_00abcDEF123","amount":2000,"created":1763700000,"email":"a@example.com"}'
    assert cleaning.text(said) == said.decode()


def test_the_ids_of_a_request_are_found_once_each() -> None:
    found = cleaning.objects("/v1/payment_intents/pi_00abcDEF123/confirm", '[["payment_method","pm_00abcDEF123"]]',
                             '{"id":"pi_00abcDEF123","latest_charge":"ch_00abcDEF123","status":"requires_something"}')
    assert found == ["pi_00abcDEF123", "pm_00abcDEF123", "ch_00abcDEF123"]
