"""Parameter types: what each takes, what it makes of it, and how it refuses the rest."""

import pytest

from backend import card_numbers
from backend.errors import InvalidRequest
from backend.fields.card_numbers import refuse_card_number
from backend.fields.structures import Array, Either, Hash, Metadata
from backend.fields.tables import ADDRESS, SHIPPING, Table
from backend.fields.types import INTEGER_MAX, Amount, Boolean, Choice, Currency, Email, Integer, Moment, Text, Url

CARD = "4242424242424242"


def refused(kind, value) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as refusal:
        kind.parse(value, "x")
    assert refusal.value.param
    assert refusal.value.param.startswith("x")
    return refusal.value


@pytest.mark.parametrize(("kind", "value", "made"), [
    (Integer(), "0", 0), (Integer(), "007", 7), (Integer(min=-5), "-5", -5), (Integer(), str(INTEGER_MAX), INTEGER_MAX),
    (Moment(), "1900000000", 1_900_000_000), (Moment(), "auto", "auto"), (Moment(unset=True), "", ""),
    (Amount(), "1", 1), (Amount(), "99999999", 99_999_999),
    (Boolean(), "true", True), (Boolean(), "false", False), (Boolean(), "True", True), (Boolean(), "FALSE", False),
    (Boolean(), "tRuE", True),
    (Currency(), "USD", "usd"), (Currency(), "kwd", "kwd"),
    (Choice(("a", "b")), "b", "b"), (Choice(("a",), unset=True), "", ""),
    (Text(unset=True), "", ""), (Text(max=3), "abc", "abc"), (Text(), "Zoë ☂ 0", "Zoë ☂ 0"),
    (Text(pattern="[a-z]+", unset=True), "", ""),
    (Email(unset=True), "", ""), (Email(), "a.b+c@sub.example.co", "a.b+c@sub.example.co"),
    (Url(), "https://example.com/a?b=c#d", "https://example.com/a?b=c#d"),
    (Url(), "http://localhost:3000", "http://localhost:3000"),
    (Url(), "https://x.com/{CHECKOUT_SESSION_ID}", "https://x.com/{CHECKOUT_SESSION_ID}"),
    (Metadata(), "", ""), (Metadata(), {"0": "a", "b": ""}, {"0": "a", "b": ""}),
    (Hash({"a": Integer()}), {"a": "1"}, {"a": 1}), (Hash({"a": Integer()}, unset=True), "", ""),
    (Array(Integer()), "", []), (Array(Integer()), {"0": "1", "1": "2"}, [1, 2]),
    (Array(Integer()), {"10": "3", "9": "2", "2": "1"}, [1, 2, 3]),
    (Either(Integer(), Hash({"gt": Integer()})), "5", 5),
    (Either(Integer(), Hash({"gt": Integer()})), {"gt": "5"}, {"gt": 5}),
])
def test_a_good_value_is_made_into_its_type(kind, value, made):
    assert kind.parse(value, "x") == made


@pytest.mark.parametrize("value", [
    "", " 1", "1 ", "1.0", "1.5", "1e3", "+1", "--1", "-", "0x1", "1_000", "1,000", "true", "NaN", "inf", "١", "1\n",
    "1\x00", str(INTEGER_MAX + 1), str(2**64), "9" * 5000, {}, {"0": "1"}])
def test_only_whole_numbers_are_integers(value):
    error = refused(Integer(), value)
    assert error.code == "parameter_invalid_integer"
    assert len(error.message) < 200


@pytest.mark.parametrize(("kind", "value"), [(Integer(min=1), "0"), (Integer(max=100), "101"), (Integer(), "-1")])
def test_an_integer_has_bounds(kind, value):
    assert refused(kind, value).code == "parameter_invalid_integer"


@pytest.mark.parametrize("value", ["", "AUTO", "auto ", "soon", "1.5", "32503680001", {"0": "auto"}])
def test_a_moment_is_in_unix_seconds_or_auto(value):
    assert refused(Moment(), value).code == "parameter_invalid_integer"


@pytest.mark.parametrize(("value", "code"), [
    ("0", "parameter_invalid_integer"), ("-1", "parameter_invalid_integer"), ("1000000000000", "amount_too_large"),
    (str(INTEGER_MAX), "amount_too_large"), ("1.0", "parameter_invalid_integer")])
def test_an_amount_is_positive_and_has_twelve_digits(value, code):
    assert refused(Amount(), value).code == code


@pytest.mark.parametrize("value", ["Truth", "1", "0", "yes", "on", "", "null", {}])
def test_a_boolean_is_true_or_false(value):
    assert refused(Boolean(), value).code == "parameter_invalid_boolean"


@pytest.mark.parametrize(("value", "hint"), [("usx", "Did you mean"), ("", ""), ("840", ""), ("$", ""),
                                             ("u" * 9999, "")])
def test_a_currency_is_an_iso_code(value, hint):
    error = refused(Currency(), value)
    assert error.code == "parameter_invalid_string"
    assert hint in error.message
    assert len(error.message) < 200


@pytest.mark.parametrize("value", [
    "example.com", "/path", "//example.com", "ftp://example.com", "javascript:alert(1)", "data:text/html,x", "https://",
    "https:///path", "https://user:pass@example.com", "https://user@example.com", "https://exa mple.com",
    "https://example.com/\n", "https://example.com/<b>", 'https://example.com/"', "https://example.com\\@evil.com",
    "https://[::1", "HTTPS", "file:///etc/passwd"])
def test_a_url_is_absolute_and_plain(value):
    assert refused(Url(), value).code == "url_invalid"


@pytest.mark.parametrize("value", ["a", "a@b", "a@b.", "@b.no", "a@@b.no", "a b@c.no", "a@b c.no", "a@b.no\n",
                                   "a@b.no,c@d.no x"])
def test_an_email_has_one_at_and_a_domain(value):
    assert refused(Email(), value).code == "email_invalid"


def test_a_text_has_its_length_and_form():
    assert refused(Text(max=3), "abcd").code == "parameter_invalid_string_length"
    assert refused(Text(required=True), "  ").code == "parameter_invalid_empty"
    assert refused(Text(), "a\x00").code == "parameter_invalid_string"
    assert refused(Text(), {"0": "a"}).code == "parameter_invalid_string"
    error = refused(Text(pattern="[a-z]+", hint="only small letters"), "A")
    assert (error.code, error.message) == ("parameter_invalid_string", "Invalid x: only small letters")


@pytest.mark.parametrize(("value", "code", "param"), [
    ("text", "parameter_invalid_hash", "x"), ({f"k{n}": "" for n in range(51)}, "parameter_invalid_hash", "x"),
    ({"k" * 41: "v"}, "parameter_invalid_string_length", f"x[{'k' * 40}]"),
    ({"k": "v" * 501}, "parameter_invalid_string_length", "x[k]"),
    ({"k": {"a": "b"}}, "parameter_invalid_string", "x[k]"),
    ({"k\x00": "v"}, "parameter_invalid_string", "x"), ({"k": "\x00"}, "parameter_invalid_string", "x[k]"),
    ({CARD: "v"}, "parameter_invalid_card_number", "x"), ({"k": CARD}, "parameter_invalid_card_number", "x[k]")])
def test_metadata_has_limits(value, code, param):
    error = refused(Metadata(), value)
    assert (error.code, error.param) == (code, param)


def test_metadata_at_its_limits_is_taken():
    full = {f"{n:02}" + "k" * 38: "v" * 500 for n in range(50)}
    assert Metadata().parse(full, "x") == full


def test_a_choice_suggests_what_was_meant():
    error = refused(Choice(("automatic", "manual")), "manuel")
    assert (error.code, error.message) == ("parameter_invalid_enum",
                                           "Invalid x: must be one of automatic, manual. Did you mean manual?")
    assert refused(Choice(("a",)), "").code == "parameter_invalid_enum"
    assert refused(Choice(("a",)), {}).code == "parameter_invalid_string"


@pytest.mark.parametrize("value", ["a", {"a": "1"}, {"-1": "1"}, {"1.0": "a"}, {"²": "a"}, {"9" * 5000: "a"}])
def test_a_list_has_numbers_for_names(value):
    assert refused(Array(Text()), value).code == "parameter_invalid_array"


def test_a_list_has_a_most_and_names_its_bad_entry():
    assert refused(Array(Text(), max=2), {str(n): "a" for n in range(3)}).param == "x"
    assert refused(Array(Integer()), {"0": "1", "1": "b"}).param == "x[1]"


def test_a_hash_knows_its_names():
    error = refused(ADDRESS, {"citty": "Oslo"})
    assert (error.code, error.param) == ("parameter_unknown", "x[citty]")
    assert error.message == "Received unknown parameter: x[citty]. Did you mean x[city]?"
    error = refused(Hash({"a": Integer(required=True)}), {})
    assert (error.code, error.param) == ("parameter_missing", "x[a]")


TABLE = Table({"amount": Integer(required=True), "description": Text(), "shipping": Hash({"address": ADDRESS})})


@pytest.mark.parametrize(("tree", "code", "param", "message"), [
    ({}, "parameter_missing", "amount", "Missing required param: amount."),
    ({"amout": "1"}, "parameter_unknown", "amout", "Received unknown parameter: amout. Did you mean amount?"),
    ({"amount": "1", "zzz": "1"}, "parameter_unknown", "zzz", "Received unknown parameter: zzz."),
    ({"amount": "1", "shipping": {"address": {"lin1": "x"}}}, "parameter_unknown", "shipping[address][lin1]",
     "Received unknown parameter: shipping[address][lin1]. Did you mean shipping[address][line1]?"),
    ({"amount": "1", CARD: "x"}, "parameter_invalid_card_number", "(parameter name)", None),
    ({"amount": "1", "z" * 5000: "x"}, "parameter_unknown", "z" * 200, None)])
def test_a_table_refuses_the_first_mistake(tree, code, param, message):
    with pytest.raises(InvalidRequest) as refusal:
        TABLE.parse(tree)
    assert (refusal.value.code, refusal.value.param) == (code, param)
    assert message is None or refusal.value.message == message



@pytest.mark.parametrize("text", [
    CARD, "4242 4242 4242 4242", "4242-4242-4242-4242", f"card {CARD} please", f"{CARD}.", "378282246310005",
    "3782 822463 10005", "5555555555554444", "6011111111111117", "3056930009020004", "36227206271667",
    "6205500000000000004", "2223003122003222", f"a{CARD}b", "4242 4242 4242 4242 and more", CARD + "0" * 10,
    f"{CARD}123", "4539148803436467",
    "4539.1488.0343.6467", "4539/1488/0343/6467", "45391488-03436467", "4539_1488_0343_6467", "4539148803436467/123",
    "45391488034364671228123", "4 5 3 9 1 4 8 8 0 3 4 3 6 4 6 7", "4539\u200b1488\u200b0343\u200b6467",
    "card 4539148803436467123", "pan: 4000000000006", "+4539148803436467"])
def test_a_card_number_is_seen(text):
    with pytest.raises(InvalidRequest) as refusal:
        refuse_card_number(text, "x")
    assert refusal.value.code == "parameter_invalid_card_number"
    assert not any(part in refusal.value.message for part in ("4242", "3782", "5555", "4539"))
    assert not any(part in card_numbers.hide(text) for part in ("4242", "3782", "5555", "4539", "0343"))


@pytest.mark.parametrize("text", [
    "", "4242", "4242424242424241", "1234567890123", "order 20261121-1234-5678", "+47 22 33 44 55", "1732155600000",
    "0000000000000000", "9999999999999995", "pi_0A1b2C3d4E5f6G7h8I9j0K1l2", "490154203237518", "order 4-20261129-00017",
    "1795259799882770174", "order-1795259799884", "shop-20261121100410", "4539148803436467123", "4000000000006"])
def test_other_digits_are_left_alone(text):
    refuse_card_number(text, "x")
    assert card_numbers.hide(text) == text


def test_a_uuid_is_no_card_number_whatever_its_digits():
    refuse_card_number("e64d0f4e-9741-4024-2424-242424242424", "Idempotency-Key")
    with pytest.raises(InvalidRequest, match="looks like a card number"):
        refuse_card_number("order 4242-4242-4242-4242 of e64d0f4e-9741-4024-8a1b-0123456789ab", "description")


def test_an_address_within_shipping_cannot_be_unset_alone():
    with pytest.raises(InvalidRequest) as refused:
        SHIPPING.parse({"address": ""}, "shipping")
    assert (refused.value.code, refused.value.param) == ("parameter_invalid_empty", "shipping[address]")


def test_the_schema_says_what_no_single_parameter_can():
    table = Table({name: Text() for name in "abc"}, exclusive=(("a", "b"),), one_of=(("b", "c"),))
    assert table.schema()["allOf"] == [{"not": {"required": ["a", "b"]}},
                                       {"oneOf": [{"required": ["b"]}, {"required": ["c"]}]}]


def test_a_hash_without_fields_is_refused_when_it_is_text():
    assert refused(Hash({}), "").code == "parameter_invalid_hash"


def test_a_text_that_must_stay_filled_may_be_left_out_but_not_emptied():
    assert refused(Text(), "").code == "parameter_invalid_empty"
    assert refused(Text(), " ").code == "parameter_invalid_empty"
    assert Table({"a": Text()}).parse({}) == {}
