"""Codes in memory, sealed texts and fingerprints: what each guard keeps."""

from datetime import date

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from backend.cards import cvcs, fingerprints
from backend.cards.keys import NONCE_BYTES, Damaged, DataKey, FileKeyProvider, seal, unseal
from backend.cards.tokens import Opened
from backend.networks.port import Card

NUMBER = "4242424242424242"


class Watch:
    """A monotonic clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_code_is_gone_after_one_use() -> None:
    held = cvcs.Cvcs()
    held.put("pm_1", "123")
    taken = held.take("pm_1")
    assert taken is not None
    assert taken.text == "123"
    assert held.take("pm_1") is None


def test_a_used_code_is_overwritten() -> None:
    held = cvcs.Cvcs()
    held.put("pm_1", "123")
    taken = held.take("pm_1")
    assert taken is not None
    taken.wipe()
    assert taken.digits == bytearray(3)


def test_a_code_is_gone_after_ten_minutes() -> None:
    watch = Watch()
    held = cvcs.Cvcs(watch)
    held.put("pm_1", "123")
    watch.now = cvcs.TTL_SECONDS - 1
    taken = held.take("pm_1")
    assert taken is not None
    held.give_back(taken)
    watch.now = cvcs.TTL_SECONDS
    assert held.take("pm_1") is None
    assert taken.digits == bytearray(3)


def test_codes_that_nobody_uses_are_wiped_by_the_timer() -> None:
    watch = Watch()
    held = cvcs.Cvcs(watch)
    held.put("pm_1", "123")
    watch.now = cvcs.TTL_SECONDS - 1
    held.put("pm_2", "456")
    watch.now = cvcs.TTL_SECONDS
    held.expire()
    assert len(held) == 1
    assert held.take("pm_2") is not None


def test_a_code_given_back_keeps_its_end() -> None:
    watch = Watch()
    held = cvcs.Cvcs(watch)
    held.put("pm_1", "123")
    watch.now = cvcs.TTL_SECONDS / 2
    taken = held.take("pm_1")
    assert taken is not None
    held.give_back(taken)
    watch.now = cvcs.TTL_SECONDS
    assert held.take("pm_1") is None


def test_the_oldest_code_goes_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cvcs, "COUNT_MAX", 2)
    held = cvcs.Cvcs()
    for token in ("pm_1", "pm_2", "pm_3"):
        held.put(token, "123")
    assert held.take("pm_1") is None
    assert len(held) == 2


def test_nothing_that_holds_a_code_or_a_number_shows_it() -> None:
    held = cvcs.Cvcs()
    held.put("pm_1", "917")
    taken = held.take("pm_1")
    held.put("pm_1", "917")
    for thing in (held, taken, Opened(NUMBER, 12, 2030, None, None), Card(NUMBER, 12, 2030, "917")):
        assert "917" not in repr(thing)
        assert NUMBER not in repr(thing)


def test_a_sealed_text_opens_only_where_it_belongs() -> None:
    cipher = AESGCM(bytes(32))
    sealed = seal(cipher, b"secret", "1|pm_a|number|dek_1")
    assert unseal(cipher, sealed, "1|pm_a|number|dek_1") == b"secret"
    for elsewhere in ("2|pm_a|number|dek_1", "1|pm_b|number|dek_1", "1|pm_a|cvc|dek_1", "1|pm_a|number|dek_2"):
        with pytest.raises(Damaged):
            unseal(cipher, sealed, elsewhere)


def test_a_data_key_binds_a_text_to_tenant_token_field_and_key() -> None:
    def key(env: int, id: str) -> DataKey:
        return DataKey(env, id, date(2026, 11, 1), "active", AESGCM(bytes(32)), 0.0)

    sealed = key(1, "dek_1").seal("pm_a", "number", b"secret")
    assert key(1, "dek_1").open("pm_a", "number", sealed) == b"secret"
    for other, token, field in ((key(2, "dek_1"), "pm_a", "number"), (key(1, "dek_2"), "pm_a", "number"),
                                (key(1, "dek_1"), "pm_b", "number"), (key(1, "dek_1"), "pm_a", "name")):
        with pytest.raises(Damaged):
            other.open(token, field, sealed)


def test_a_changed_or_cut_sealed_text_does_not_open() -> None:
    cipher = AESGCM(bytes(32))
    sealed = seal(cipher, b"secret", "here")
    for broken in (sealed[:-1], sealed[:-1] + bytes([sealed[-1] ^ 1]), sealed[:NONCE_BYTES], b""):
        with pytest.raises(Damaged):
            unseal(cipher, broken, "here")


def test_no_two_sealed_texts_share_a_nonce() -> None:
    cipher = AESGCM(bytes(32))
    assert len({seal(cipher, b"secret", "here")[:NONCE_BYTES] for _ in range(1000)}) == 1000


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="exactly 32 bytes"):
        FileKeyProvider(bytes(31))


def test_the_name_of_a_kek_tells_keks_apart_and_nothing_else() -> None:
    one, two = FileKeyProvider(bytes(32)), FileKeyProvider(bytes(31) + b"\x01")
    assert one.id != two.id
    assert FileKeyProvider(bytes(32)).id == one.id
    assert bytes(32).hex() not in repr(one)
    with pytest.raises(Damaged):
        two.unwrap(one.wrap(b"key", "here"), "here")


def test_a_fingerprint_is_stable_inside_an_account_and_differs_between_accounts() -> None:
    first = fingerprints.of(bytes(32), "acct_a", NUMBER)
    assert first == fingerprints.of(bytes(32), "acct_a", NUMBER)
    assert first != fingerprints.of(bytes(32), "acct_b", NUMBER)
    assert first != fingerprints.of(bytes(32), "acct_a", "5555555555554444")


def test_a_fingerprint_needs_its_key() -> None:
    assert fingerprints.of(bytes(32), "acct_a", NUMBER) != fingerprints.of(b"\x01" * 32, "acct_a", NUMBER)


def test_a_fingerprint_is_sixteen_letters_and_digits() -> None:
    shown = fingerprints.of(bytes(32), "acct_a", NUMBER)
    assert len(shown) == 16
    assert shown.isascii()
    assert shown.isalnum()


def test_a_code_that_is_kept_for_a_second_try_lives_for_seconds_and_never_longer_than_before() -> None:
    now = [0.0]
    codes = cvcs.Cvcs(lambda: now[0])
    codes.put("pm_1", "123")
    held = codes.take("pm_1")
    assert held is not None
    codes.give_back(held, 10)
    now[0] = 9.9
    again = codes.take("pm_1")
    assert again is not None
    codes.give_back(again, 10)  # giving it back anew does not lengthen its life
    now[0] = 10.0
    assert codes.take("pm_1") is None
    assert bytes(held.digits) == bytes(3)


def test_a_code_can_be_forgotten_at_once() -> None:
    codes = cvcs.Cvcs()
    codes.put("pm_1", "123")
    codes.forget("pm_1")
    codes.forget("pm_2")
    assert codes.take("pm_1") is None
