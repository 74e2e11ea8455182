"""Both sides speak one dialect, and the acquirer's books and journal keep their rules."""

import contextlib
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend import money
from backend.networks import dialect as ours
from backend.networks.iso8583 import SPEC
from backend.networks.port import Card
from sandbox import dialect as theirs
from sandbox.books import Books
from sandbox.currencies import NUMERIC
from sandbox.faults import Control, ControlError, changed
from sandbox.journal import JournalError, read

TAGS = st.dictionaries(st.from_regex(r"[0-9]{2}", fullmatch=True), st.text("abcXYZ019 =+/", min_size=1, max_size=64),
                       max_size=6)


def test_both_sides_have_the_same_field_table() -> None:
    assert SPEC == theirs.SPEC
    for name in (n for n in dir(ours) if n.startswith("TAG_")):
        assert getattr(ours, name) == getattr(theirs, name)


def test_both_sides_have_the_same_currency_numbers() -> None:
    charged = {code.upper(): money.numeric(code) for code in money.CURRENCIES}
    # ANG gave its number to XCG in 2025; only one of them can own it.
    assert {code: number for code, number in charged.items() if code != "ANG"}.items() <= NUMERIC.items()


@given(TAGS)
def test_tags_survive_the_wire(tags: dict[str, str]) -> None:
    assert ours.read_tags(theirs.write_tags(tags)) == tags
    frame = ours.encode({"t": "0100", "11": "000001", "48": ours.write_tags(tags) or "01001x"})
    assert int.from_bytes(frame[:2], "big") == len(frame) - 2
    assert theirs.decode(frame[2:])["11"] == "000001"


@given(st.binary(max_size=300))
def test_garbage_is_a_value_error_and_nothing_else(body: bytes) -> None:
    for side in (ours, theirs):
        try:
            side.decode(body)
        except ValueError:
            pass
        except KeyError:  # a field that the table does not have
            pass


@given(st.text(max_size=80))
def test_broken_tags_are_a_value_error_and_nothing_else(text: str) -> None:
    with contextlib.suppress(ValueError):
        ours.read_tags(text)


def test_a_card_hides_its_number_and_cvc() -> None:
    shown = repr(Card("4242424242424242", 12, 2034, "987"))
    assert "4242424242424242" not in shown
    assert "987" not in shown


# ---- books


class _Acquirer:
    """Books with a shorter pen."""

    def __init__(self) -> None:
        self.books = Books("alder")
        self.records: list[dict[str, object]] = []

    def tell(self, key: str, kind: str, amount: int = 0, original: str | None = None, currency: str = "USD", *,
             brand: str = "visa", final: bool = True) -> str:
        card = ("4242", brand) if kind in ("authorize", "sale") else None
        code = "00" if card else self.books.refusal(kind, amount, currency, original, final=final)
        record = self.books.record("now", key, kind, amount, currency, original, code, "", card, final=final)
        self.records.append(record)
        return str(record["response_code"])

    def status(self, key: str) -> str:
        return next(row["status"] for row in self.books.view() if row["network_key"] == key)


def test_a_capture_takes_an_authorisation_once() -> None:
    acquirer = _Acquirer()
    acquirer.tell("a", "authorize", 1000)
    assert acquirer.tell("c0", "capture", 1001, "a") == "12"
    assert acquirer.tell("c1", "capture", 600, "a") == "00"
    assert acquirer.tell("c2", "capture", 400, "a") == "12"
    assert acquirer.tell("v", "void", 1000, "a") == "12"


def test_refunds_never_exceed_what_was_captured() -> None:
    acquirer = _Acquirer()
    acquirer.tell("s", "sale", 1000)
    assert [acquirer.tell(f"r{n}", "refund", 400, "s") for n in range(3)] == ["00", "00", "12"]
    assert acquirer.tell("r3", "refund", 200, "s") == "00"


def test_a_refund_that_comes_back_can_be_made_again_and_is_a_record_of_its_own() -> None:
    acquirer = _Acquirer()
    acquirer.tell("s", "sale", 1000)
    acquirer.tell("r", "refund", 1000, "s")
    assert acquirer.tell("r2", "refund", 1, "s") == "12"
    assert acquirer.books.later("now", "r", "refund_return")
    assert acquirer.books.later("now", "r", "refund_return") is None, "it comes back once"
    back = [row for row in acquirer.books.view() if row["kind"] == "refund_return"]
    assert [(row["original_key"], row["amount"], row["status"]) for row in back] == [("r", 1000, "approved")]
    assert acquirer.status("r") == "approved"
    assert acquirer.tell("x", "cancel", original="r") == "12"
    assert acquirer.tell("r3", "refund", 1000, "s") == "00"


def test_amounts_and_currencies_must_fit() -> None:
    acquirer = _Acquirer()
    acquirer.tell("a", "authorize", 1000)
    assert acquirer.tell("c0", "capture", 0, "a") == "13"
    assert acquirer.tell("c1", "capture", 500, "a", "EUR") == "12"
    assert acquirer.tell("c2", "capture", 500, "nobody") == "12"
    assert acquirer.tell("v0", "void", 999, "a") == "12"


def test_a_void_reverses_the_authorisation() -> None:
    acquirer = _Acquirer()
    acquirer.tell("a", "authorize", 1000)
    assert acquirer.tell("v", "void", 1000, "a") == "00"
    assert (acquirer.status("a"), acquirer.status("v")) == ("reversed", "approved")
    assert acquirer.tell("c", "capture", 1000, "a") == "12"


def test_a_cancel_of_something_unknown_leaves_a_tombstone() -> None:
    acquirer = _Acquirer()
    assert acquirer.tell("x", "cancel", original="a") == "00"
    assert acquirer.status("a") == "tombstone"
    assert acquirer.tell("a", "authorize", 1000) == "94"
    assert acquirer.status("a") == "tombstone"
    assert acquirer.tell("c", "capture", 1000, "a") == "12"


def test_a_cancelled_capture_can_be_taken_again() -> None:
    acquirer = _Acquirer()
    acquirer.tell("a", "authorize", 1000)
    acquirer.tell("c", "capture", 1000, "a")
    assert acquirer.tell("x1", "cancel", original="a") == "12", "money stands on it"
    assert acquirer.tell("x2", "cancel", original="c") == "00"
    assert acquirer.tell("c2", "capture", 700, "a") == "00"


def test_increments_raise_what_can_be_captured_and_voided() -> None:
    acquirer = _Acquirer()
    acquirer.tell("a", "authorize", 1000)
    assert [acquirer.tell(f"i{n}", "increment", 300, "a") for n in range(2)] == ["00", "00"]
    assert acquirer.tell("v0", "void", 1000, "a") == "12"
    assert acquirer.tell("c0", "capture", 1601, "a") == "12"
    assert acquirer.tell("x", "cancel", original="i1") == "00"
    assert (acquirer.status("i1"), acquirer.tell("c1", "capture", 1301, "a")) == ("reversed", "12")
    assert acquirer.tell("c2", "capture", 1200, "a") == "00"
    assert acquirer.tell("x2", "cancel", original="i0") == "12", "money stands on it"
    assert acquirer.tell("i3", "increment", 300, "a") == "12"


def test_brands_that_cannot_be_raised_or_captured_in_parts_are_refused() -> None:
    acquirer = _Acquirer()
    acquirer.tell("a", "authorize", 1000, brand="jcb")
    assert acquirer.tell("i", "increment", 300, "a") == "57"
    assert acquirer.tell("c1", "capture", 300, "a", final=False) == "57"
    assert acquirer.tell("c2", "capture", 300, "a") == "00"


def test_parts_are_captured_until_the_final_one() -> None:
    acquirer = _Acquirer()
    acquirer.tell("a", "authorize", 1000)
    assert acquirer.tell("c1", "capture", 300, "a", final=False) == "00"
    assert acquirer.tell("c2", "capture", 701, "a", final=False) == "12"
    assert acquirer.tell("v0", "void", 1000, "a") == "12"
    assert acquirer.tell("c3", "capture", 300, "a") == "00"
    assert acquirer.tell("c4", "capture", 100, "a") == "12"
    assert acquirer.tell("v1", "void", 400, "a") == "12"


def test_a_void_after_a_part_releases_the_rest_and_the_part_stands() -> None:
    acquirer = _Acquirer()
    acquirer.tell("a", "authorize", 1000)
    acquirer.tell("c1", "capture", 300, "a", final=False)
    assert acquirer.tell("v", "void", 700, "a") == "00"
    assert [acquirer.status(key) for key in ("a", "c1", "v")] == ["approved"] * 3
    assert acquirer.tell("c2", "capture", 100, "a") == "12"
    assert acquirer.tell("r", "refund", 300, "a") == "00"


def test_refunds_of_parts_never_exceed_them_whichever_message_they_name() -> None:
    acquirer = _Acquirer()
    acquirer.tell("a", "authorize", 1000)
    acquirer.tell("c1", "capture", 300, "a", final=False)
    acquirer.tell("c2", "capture", 200, "a")
    assert acquirer.tell("r0", "refund", 301, "c1") == "12"
    assert acquirer.tell("r1", "refund", 250, "c1") == "00"
    assert acquirer.tell("r2", "refund", 251, "a") == "12"
    assert acquirer.tell("r3", "refund", 240, "a") == "00"
    assert acquirer.tell("r4", "refund", 11, "c2") == "12"
    assert acquirer.tell("x", "cancel", original="c2") == "12", "its money has gone back"
    assert acquirer.tell("r5", "refund", 10, "c2") == "00"


def test_messages_that_name_each_other_in_a_circle_end() -> None:
    acquirer = _Acquirer()
    acquirer.tell("a", "cancel", original="a")
    acquirer.tell("b", "cancel", original="a")
    assert acquirer.tell("c", "capture", 100, "b", final=False) == "12"


@given(st.lists(st.tuples(st.sampled_from(["authorize", "sale", "increment", "capture", "part", "void", "refund",
                                           "cancel"]),
                          st.integers(0, 9), st.integers(0, 9), st.integers(0, 3)), max_size=40))
def test_replaying_the_journal_gives_the_same_books(history: list[tuple[str, int, int, int]]) -> None:
    acquirer = _Acquirer()
    for verb, key, original, amount in history:
        kind, final = ("capture", False) if verb == "part" else (verb, True)
        name = f"k{key}"
        if acquirer.books.clashes(name) and not acquirer.books.buried(name):
            continue
        acquirer.tell(name, kind, amount * 100, None if kind in ("authorize", "sale") else f"k{original}", final=final)
    again = Books("alder")
    for record in acquirer.records:
        again.apply(orjson.loads(orjson.dumps(record)))
    assert again.view() == acquirer.books.view()
    assert again.entries == acquirer.books.entries
    for entry in again.entries.values():
        assert 0 <= entry.moved <= entry.held
        assert entry.amount <= entry.held
        assert 0 <= entry.refunded <= entry.moved


# ---- journal file


def test_a_torn_last_line_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    path.write_bytes(b'{"seq":1}\n{"seq":2}\n{"seq":3')
    records, good, size = read(path)
    assert ([r["seq"] for r in records], good, size) == ([1, 2], 20, 28)


def test_damage_in_the_middle_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    path.write_bytes(b'{"seq":1}\n{"se\n{"seq":3}\n')
    with pytest.raises(JournalError, match="line 2"):
        read(path)


# ---- faults


def test_draws_depend_on_the_seed_and_the_key_only() -> None:
    shares = {"drop": 0.3, "approve_silent": 0.3}
    keys = [f"k{n}" for n in range(300)]
    forward, backward = Control(seed=7, faults=shares), Control(seed=7, faults=shares)
    one = {key: forward.draw(key, "sale", "4242", 1) for key in keys}
    two = {key: backward.draw(key, "sale", "4242", 1) for key in reversed(keys)}
    other = Control(seed=8, faults=shares)
    assert one == two
    assert one != {key: other.draw(key, "sale", "4242", 1) for key in keys}
    assert 50 < sum(fault == "drop" for fault, _ in one.values()) < 130


def test_a_match_with_once_is_used_once() -> None:
    control = changed(Control(), {"match": [{"amount": 5, "fault": "drop", "once": True}]})
    assert [control.draw("k", "sale", "4242", 5)[0] for _ in range(2)] == ["drop", "approve"]


@pytest.mark.parametrize("wish", [
    {"faults": {"nonsense": 0.1}}, {"faults": {"drop": 1.5}}, {"faults": {"drop": 0.6, "garbage": 0.6}}, [],
    {"latency_ms": -1}, {"seed": "x"}, {"match": [{"last4": "4242"}]}, {"kinds": ["theft"]}, {"colour": 1},
    {"match": [{"fault": "drop", "last4": 4242}]}, {"faults": {"drop": True}},
])
def test_a_wish_that_makes_no_sense_is_refused(wish: object) -> None:
    with pytest.raises(ControlError):
        changed(Control(), wish)


def test_settings_survive_being_shown_and_set_again() -> None:
    control = changed(Control(), {"faults": {"drop": 0.1}, "latency_ms": 5,
                                  "match": [{"last4": "0002", "fault": "decline", "response_code": "51"}]})
    assert changed(Control(), control.show()).show() == control.show()
