"""Tries to sign in are limited per address and over all, before any password is looked at."""

from collections.abc import AsyncIterator

import pytest

from backend.accounts import members
from backend.config import Settings
from backend.context import Runtime
from backend.db import Database
from backend.errors import AuthenticationFailed, TooMany
from backend.jobs import Doorbell
from portal import login
from tests.stack import Schema


@pytest.fixture
async def runtime(postgres: Schema) -> AsyncIterator[Runtime]:
    db = Database(postgres.fresh().app, pool_size=2)
    await db.open()
    yield Runtime(Settings(), db, None, Doorbell(""), b"-" * 32)  # type: ignore[arg-type]
    await db.close()


async def _wrong(runtime: Runtime, address: str) -> None:
    with pytest.raises(AuthenticationFailed):
        await members.sign_in(runtime, "nobody@example.com", "wrong password", "", address)


async def test_one_address_may_try_so_often_and_others_still_may(
        runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "ADDRESS_TRIES_MAX", 2)
    for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"):
        await _wrong(runtime, address)
    for address in ("192.0.2.1", "2001:db8::3"):
        with pytest.raises(TooMany):
            await members.sign_in(runtime, "nobody@example.com", "wrong password", "", address)
    await _wrong(runtime, "2001:db8:0:1::1")


async def test_all_addresses_together_may_try_so_often(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "ALL_TRIES_MAX", 2)
    await _wrong(runtime, "192.0.2.1")
    await _wrong(runtime, "192.0.2.2")
    with pytest.raises(TooMany):
        await members.sign_in(runtime, "nobody@example.com", "wrong password", "", "192.0.2.3")


def test_a_card_number_typed_as_an_address_is_not_echoed() -> None:
    assert login._echoed("jenny@example.com") == "jenny@example.com"
    assert login._echoed("4242 4242 4242 4242") == login._echoed("a" * 255) == ""
