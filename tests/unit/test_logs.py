"""No card number and no secret leaves a process through its logs, whoever writes the line and however."""

import json
import subprocess
import sys

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from backend import logs
from backend.card_numbers import HIDDEN, issued, luhn

CARD = "4242424242424242"
CARDS = [CARD, "378282246310005", "30569309025904", "6011111111111117", "3566002020360505", "6200000000000005",
         "4222222222222", "5555555555554444", "6304000000000000"]


def _line(**event: object) -> str:
    return logs.render(None, "info", {"event": "test", **event}).decode()


def _with_check_digit(digits: str) -> str:
    return next(digits + last for last in "0123456789" if luhn(digits + last))


@pytest.mark.parametrize("card", CARDS)
@pytest.mark.parametrize("shape", ["{}", "a card {} here", "{}=2612", "PAN:{};", "x{}x", "'{}'", "[{}]", "2612 {}"])
def test_a_card_number_in_a_text_is_hidden(card: str, shape: str) -> None:
    assert card not in _line(text=shape.format(card))


@pytest.mark.parametrize("written", [
    "4242 4242 4242 4242", "4242-4242-4242-4242", "4242  4242 4242-4242", "42 42424242424242",
    "4242\u00a04242 4242 4242",
    "12/29 4242 4242 4242 4242 123"])
def test_a_card_number_written_in_groups_is_hidden(written: str) -> None:
    assert "4242" not in _line(text=written)


@pytest.mark.parametrize("value", [
    int(CARD), float(CARD), CARD.encode(), {"deep": [{"er": CARD}]}, {CARD: 1}, (CARD,), {CARD}, ValueError(CARD),
    memoryview(CARD.encode())])
def test_a_card_number_in_any_value_is_hidden(value: object) -> None:
    assert CARD not in _line(value=value)


def test_a_card_number_inside_a_raw_network_message_is_hidden() -> None:
    message = "0100703C06810080100016" + CARD + "000000000000001999112101334512345601334511212912"
    assert CARD not in _line(raw=message)
    assert CARD not in _line(raw=message.encode())


def test_a_number_spread_over_neighbouring_values_is_hidden_and_the_line_stays_json() -> None:
    line = _line(numbers=[int(CARD), 7])
    assert CARD not in line
    assert json.loads(line)["event"] == "test"


@given(st.sampled_from(["4", "51", "2221", "6011", "3528", "62"]), st.text("0123456789", min_size=15, max_size=15),
       st.sampled_from(["", " ", "-", ".", "/"]))
def test_every_number_that_a_scheme_issues_is_hidden(start: str, body: str, between: str) -> None:
    number = _with_check_digit((start + body)[:15])
    assert issued(number)
    assume(not between.strip() or "20" not in number)  # what has a date among its groups is a reference
    grouped = between.join(number[at:at + 4] for at in range(0, len(number), 4))
    line = _line(text=f"number {grouped}!")
    assert number not in line.replace(between, "")
    assert json.loads(line)["text"] == f"number {HIDDEN}!"


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12))
def test_whatever_is_logged_becomes_one_line_of_json(value: object) -> None:
    line = _line(value=value, beside=CARD)
    assert "\n" not in line
    assert CARD not in line
    json.loads(line)


@pytest.mark.parametrize(("secret", "shown"), [
    ("sk_live_51AbCdEf", "sk_live_[redacted]"), ("rk_test_51AbCdEf", "rk_test_[redacted]"),
    ("pk_test_51AbCdEf", "pk_test_[redacted]"), ("whsec_c2VjcmV0+/=", "whsec_[redacted]"),
    ("pi_3Abc_secret_Xyz", "pi_3Abc_secret_[redacted]"), ("Bearer abc.def", "Bearer [redacted]"),
    ("postgresql://app:pass-word@/db", "postgresql://app:[redacted]@/db")])
def test_secrets_are_hidden_and_their_kind_stays(secret: str, shown: str) -> None:
    assert json.loads(_line(text=f"got {secret}"))["text"] == f"got {shown}"


def test_values_with_a_telling_name_are_hidden() -> None:
    event = json.loads(_line(card={"cvc": "123", "exp_year": 2030}, Authorization="Basic abc"))
    assert event["card"] == {"cvc": HIDDEN, "exp_year": 2030}
    assert event["Authorization"] == HIDDEN


@pytest.mark.parametrize("harmless", ["2026-11-21T01:33:45.123456Z", "req_1234567890", "1234567890123", "4242", ""])
def test_ordinary_lines_stay_as_they_are(harmless: str) -> None:
    assert json.loads(_line(text=harmless))["text"] == harmless


def test_a_line_cannot_be_forged_with_line_breaks() -> None:
    assert "\n" not in _line(text='x\r\n{"event":"forged"}')


@pytest.mark.parametrize("statement", [
    "structlog.get_logger().info('x', card='{}')",
    "structlog.get_logger('a').warning('card %s', '{}')",
    "logging.getLogger('uvicorn.error').error('bad card %s', '{}')",
    "logging.getLogger('psycopg').warning('x', extra={{'card': '{}'}})",
    "warnings.warn('card {}')",
    "exec('''try: raise ValueError('{}')\nexcept ValueError: logging.getLogger('rq.worker').exception('died')''')",
    "exec('''try: raise ValueError('{}')\nexcept ValueError: structlog.get_logger().exception('died')''')",
    "int('card {}')"])
def test_every_way_out_of_a_process_is_covered(statement: str) -> None:
    code = ("import logging, warnings, structlog\nfrom backend import logs\nlogging.basicConfig()\nlogs.install()\n"
            + statement.format(CARD))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert CARD not in done.stdout + done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines
    assert all({"event", "level", "timestamp"} <= line.keys() for line in lines)


@pytest.mark.parametrize("zero", ["\u0660", "\u0966", "\uff10", "\U0001d7ce"])
@pytest.mark.parametrize("written", ["4242424242424242", "4242 4242 4242 4242", "4242\u20114242\u20034242\u20134242"])
def test_a_card_number_in_the_digits_of_any_script_is_hidden(zero: str, written: str) -> None:
    text = "".join(chr(ord(zero) + int(char)) if char.isdigit() else char for char in written)
    assert text not in logs.redact(text)
    assert text not in _line(text=text)
    assert text not in _line(**{text: 1})
