"""Ids: they carry their environment, sort by their birth, and strangers are recognised."""

import time
from uuid import UUID

import pytest

from backend import ids


@pytest.mark.parametrize("env", [1, 2, 61, 62, 3844, 65_535, 2**31, 2**32 - 1])
@pytest.mark.parametrize("prefix", ["pi", "cs_test", "cs_live", "evt", "tds"])
def test_an_id_carries_its_environment(prefix, env):
    id = ids.new(prefix, env)
    assert id.startswith(f"{prefix}_")
    assert len(id) == len(prefix) + 1 + 25
    assert ids.environment(id) == env


def test_ids_sort_by_their_birth():
    made = []
    for _ in range(200):
        made.append(ids.new("pi", 7))
        time.sleep(0.0011)
    assert made == sorted(made)


def test_birth_counts_before_environment_and_chance():
    early = ids.new("pi", 2**32 - 1)
    time.sleep(0.002)
    assert early < ids.new("pi", 1)


def test_ids_of_one_millisecond_keep_their_order():
    made = [ids.new("evt", 3) for _ in range(5_000)]
    assert made == sorted(made)


def test_ids_do_not_repeat():
    assert len({ids.new("pi", 1) for _ in range(20_000)}) == 20_000


@pytest.mark.parametrize("id", [
    "", "pi_", "pi_123", "pi_" + "0" * 25, "pi_" + "0" * 24, "pi_" + "!" * 25, "pi_" + "é" * 25, "cus_none",
    "pm_card_visa", "pi_" + "A" * 26, "acct_Q4ohuI2UVaOEVa01", "x" * 10_000, "pi_" + "0" * 24 + "\x00",
    "pi_" + "٣" * 25])
def test_what_is_no_id_of_ours_has_no_environment(id):
    assert ids.environment(id) is None


def test_a_client_secret_names_its_object_and_is_hard_to_guess():
    id = ids.new("pi", 1)
    secrets = {ids.client_secret(id) for _ in range(1000)}
    assert len(secrets) == 1000
    assert all(secret.startswith(f"{id}_secret_") and len(secret) == len(id) + 8 + 25 for secret in secrets)


def test_a_token_is_letters_and_digits_of_the_wished_length():
    for length in (1, 14, 24, 43):
        text = ids.token(length)
        assert (len(text), text.isascii(), text.isalnum()) == (length, True, True)


def test_uuids_of_one_process_sort_by_their_birth():
    made = [ids.uuid() for _ in range(5_000)]
    assert made == sorted(made)
    assert len(set(made)) == 5_000
    assert {(UUID(one).version, UUID(one).variant) for one in made} == {(7, "specified in RFC 4122")}
    born = int(made[0].replace("-", "")[:12], 16)
    assert abs(born / 1000 - time.time()) < 60
