"""API keys on the running stack: restricted, bound to addresses, rolled with grace, revoked; the account's version."""

import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from backend.accounts import api_keys
from backend.clock import SystemClock
from backend.db import Connection, Database
from backend.errors import InvalidRequest, NotFound
from tests.conformance import clients
from tests.stack import Stack

SECONDS = 60.0
"""A process remembers a key for two seconds; a loaded machine may need more."""
CARD = {"amount": "1000", "currency": "usd", "payment_method": "pm_card_visa", "confirm": "true",
        "return_url": "https://example.com"}


@asynccontextmanager
async def core(stack: Stack) -> AsyncIterator[Connection]:
    db = Database(stack.urls.app, pool_size=1)
    await db.open()
    try:
        async with db.everywhere(actor="test") as tx:
            yield tx
    finally:
        await db.close()


async def key_id(tx: Connection, env: int, text: str) -> str:
    found = await api_keys.find(tx, env, SystemClock().now())
    return next(str(key["id"]) for key in found if key["last4"] == text[-4:])


def ask(stack: Stack, key: str, method: str = "GET", path: str = "/v1/customers", **options: Any) -> httpx2.Response:
    with clients.http(stack, key) as client:
        return client.request(method, path, **options)


def code(answer: httpx2.Response) -> tuple[int, str | None]:
    return answer.status_code, answer.json().get("error", {}).get("code")


def eventually(stack: Stack, key: str, wanted: tuple[int, str | None]) -> float:
    """Seconds until the key is answered so."""
    began = time.monotonic()
    while (said := code(ask(stack, key))) != wanted:
        assert time.monotonic() - began < SECONDS, said
        time.sleep(0.1)
    return time.monotonic() - began


RIGHTS = {"customers": "write", "charges": "read", "payment_intents": "read"}
TABLE = [
    ("GET", "/v1/customers", None), ("POST", "/v1/customers", None), ("GET", "/v1/charges", None),
    ("GET", "/v1/customers/cus_x/payment_methods", "payment_methods: read"),
    ("POST", "/v1/refunds", "refunds: write"), ("GET", "/v1/refunds", "refunds: read"),
    ("GET", "/v1/payment_intents", None), ("POST", "/v1/payment_intents", "payment_intents: write"),
    ("POST", "/v1/payment_intents/pi_x/confirm", "payment_intents: write"),
    ("POST", "/v1/payment_intents/pi_x/cancel", "payment_intents: write"),
    ("GET", "/v1/balance", "balance: read"), ("GET", "/v1/events", "events: read"),
    ("POST", "/v1/checkout/sessions", "checkout_sessions: write"),
    ("POST", "/v1/webhook_endpoints", "webhook_endpoints: write"),
    ("DELETE", "/v1/webhook_endpoints/we_x", "webhook_endpoints: write"), ("DELETE", "/v1/customers/cus_x", None),
]


async def test_a_restricted_key_opens_what_it_was_given_and_names_what_it_lacks(stack: Stack) -> None:
    other = clients.another_account(stack)
    async with core(stack) as tx:
        key = await api_keys.create(tx, other.env, "restricted", permissions=RIGHTS)
    assert re.fullmatch(r"rk_test_\w{43}", key)
    for method, path, lacks in TABLE:
        answer = ask(stack, key, method, path)
        if lacks is None:
            assert answer.status_code in (200, 404), (path, answer.text)
        else:
            assert code(answer) == (403, "permission_missing"), path
            assert lacks in answer.json()["error"]["message"]
            assert key not in answer.text
    assert ask(stack, key, "GET", "/v1/nope").status_code == 404


async def test_a_restricted_key_may_not_come_from_a_browser(stack: Stack) -> None:
    other = clients.another_account(stack)
    async with core(stack) as tx:
        key = await api_keys.create(tx, other.env, "restricted", permissions=RIGHTS)
    assert ask(stack, key, headers={"Origin": "https://shop.example"}).status_code == 401


async def test_permissions_that_are_taken_away_are_gone_within_seconds(stack: Stack) -> None:
    other = clients.another_account(stack)
    async with core(stack) as tx:
        key = await api_keys.create(tx, other.env, "restricted", permissions=RIGHTS)
    assert ask(stack, key).status_code == 200
    async with core(stack) as tx:
        await api_keys.update(tx, other.env, await key_id(tx, other.env, key), SystemClock().now(), name="less",
                              permissions={"charges": "read"}, allowed_ips=[])
    eventually(stack, key, (403, "permission_missing"))


async def test_a_restricted_key_without_permissions_is_refused(stack: Stack) -> None:
    other = clients.another_account(stack)
    async with core(stack) as tx:
        with pytest.raises(InvalidRequest):
            await api_keys.create(tx, other.env, "restricted", permissions={"charges": "none"})


@pytest.mark.parametrize(("allowed", "status"), [
    (["203.0.113.0/24"], 403), (["127.0.0.1"], 200), (["203.0.113.7", "127.0.0.0/8"], 200), (["::1"], 403)])
async def test_a_key_works_only_from_its_addresses(stack: Stack, allowed: list[str], status: int) -> None:
    other = clients.another_account(stack)
    async with core(stack) as tx:
        key = await api_keys.create(tx, other.env, "secret", allowed_ips=allowed)
    answer = ask(stack, key)
    assert code(answer) == (status, "ip_not_allowed" if status == 403 else None)


@pytest.mark.parametrize("address", ["here", "10.0.0.0/33", "1.2.3", "", "4242424242424242"])
async def test_what_is_no_address_is_refused(stack: Stack, address: str) -> None:
    with pytest.raises(InvalidRequest):
        api_keys.networks([address])


async def test_a_rolled_key_works_until_its_grace_ends(stack: Stack) -> None:
    other, now = clients.another_account(stack), SystemClock().now()
    async with core(stack) as tx:
        old = await api_keys.create(tx, other.env, "restricted", permissions=RIGHTS, allowed_ips=["127.0.0.1"])
    assert ask(stack, old).status_code == 200
    async with core(stack) as tx:
        id = await key_id(tx, other.env, old)
        new = await api_keys.roll(tx, other.env, id, now, timedelta(hours=1), livemode=False)
        kept = await api_keys.get(tx, other.env, await key_id(tx, other.env, new), now)
    assert (kept["permissions"], kept["allowed_ips"]) == (RIGHTS, ["127.0.0.1/32"])
    assert [ask(stack, key).status_code for key in (old, new)] == [200, 200], "both work for an hour"
    async with core(stack) as tx:  # the hour is over
        await api_keys.expire(tx, other.env, id, now - timedelta(seconds=1))
    assert eventually(stack, old, (401, "api_key_expired")) < SECONDS
    assert ask(stack, new).status_code == 200
    async with core(stack) as tx:
        with pytest.raises(InvalidRequest):
            await api_keys.roll(tx, other.env, id, now, timedelta(), livemode=False)


async def test_a_revoked_key_is_noticed_within_seconds_and_only_that_one(stack: Stack) -> None:
    other = clients.another_account(stack)
    async with core(stack) as tx:
        second = await api_keys.create(tx, other.env, "secret", name="second")
    assert [ask(stack, key).status_code for key in (other.secret_key, second)] == [200, 200]
    async with core(stack) as tx:
        await api_keys.expire(tx, other.env, await key_id(tx, other.env, second), SystemClock().now())
    took = eventually(stack, second, (401, "api_key_expired"))
    print(f"\nrevocation noticed after {took:.1f} s")
    assert ask(stack, other.secret_key).status_code == 200


async def test_a_key_of_another_environment_cannot_be_touched(stack: Stack) -> None:
    mine, theirs = clients.another_account(stack), clients.another_account(stack)
    async with core(stack) as tx:
        id, now = await key_id(tx, theirs.env, theirs.secret_key), SystemClock().now()
        with pytest.raises(NotFound):
            await api_keys.get(tx, mine.env, id, now)
        with pytest.raises(NotFound):
            await api_keys.roll(tx, mine.env, id, now, timedelta(), livemode=False)
        await api_keys.expire(tx, mine.env, id, now)
    assert ask(stack, theirs.secret_key).status_code == 200


async def test_the_last_use_is_noted_without_the_requests_waiting_for_it(stack: Stack) -> None:
    other = clients.another_account(stack)
    ask(stack, other.secret_key)
    until = time.monotonic() + 40
    while True:
        async with core(stack) as tx:
            keys = {key["kind"]: key for key in await api_keys.find(tx, other.env, SystemClock().now())}
        if keys["secret"]["last_used_at"] or time.monotonic() > until:
            break
        time.sleep(0.3)
    assert keys["secret"]["last_used_ip"] == "127.0.0.1"
    assert keys["publishable"]["last_used_at"] is None


async def test_what_a_key_may_do_is_in_the_audit_trail(stack: Stack) -> None:
    other = clients.another_account(stack)
    async with core(stack) as tx:
        key = await api_keys.create(tx, other.env, "restricted", permissions=RIGHTS)
        id = await key_id(tx, other.env, key)
        await api_keys.update(tx, other.env, id, SystemClock().now(), name="", permissions={"files": "write"},
                              allowed_ips=["10.0.0.0/8"])
    with clients.superuser(stack) as link:
        rows = link.execute("SELECT op, body FROM pay.audit WHERE env = %s AND row_id = %s AND tbl = 'core_api_key' "
                            "ORDER BY id", (other.env, id)).fetchall()
    assert rows[0][1]["permissions"] == RIGHTS
    assert rows[1][1]["permissions"] == [RIGHTS, {"files": "write"}]
    assert rows[1][1]["allowed_ips"] == [[], ["10.0.0.0/8"]]


async def test_the_account_has_a_version_that_a_header_overrides(stack: Stack) -> None:
    other = clients.another_account(stack)
    made = ask(stack, other.secret_key, "POST", "/v1/payment_intents", data=CARD).json()
    path = f"/v1/payment_intents/{made['id']}"
    async with core(stack) as tx:
        await tx.exec_driver_sql("UPDATE core.account SET api_version = '2020-08-27' WHERE id = "
                                 f"(SELECT account_id FROM core.environment WHERE id = {other.env})")
    until = time.monotonic() + SECONDS
    while (answer := ask(stack, other.secret_key, path=path)).headers["stripe-version"] != "2020-08-27":
        assert time.monotonic() < until
        time.sleep(0.1)
    assert "charges" in answer.json(), "as it was before 2022-11-15"
    newest = ask(stack, other.secret_key, path=path, headers={"Stripe-Version": "2026-10-28.endive"})
    assert newest.headers["stripe-version"] == "2026-10-28.endive"
    assert "charges" not in newest.json()


def test_a_browser_may_read_what_a_publishable_key_is_answered(stack: Stack) -> None:
    origin = {"Origin": "https://shop.example"}
    form = {"amount": "1000", "currency": "usd"}
    made = ask(stack, stack.secret_key, "POST", "/v1/payment_intents", data=form).json()
    answer = ask(stack, stack.publishable_key, path=f"/v1/payment_intents/{made['id']}", headers=origin,
                 params={"client_secret": made["client_secret"]})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    shown = {name.strip().lower() for name in answer.headers["access-control-expose-headers"].split(",")}
    sent = {name.lower() for name in answer.headers} - {"date", "content-length", "content-type"}
    assert {name for name in sent if not name.startswith("access-control")} <= shown
    assert {"retry-after", "idempotent-replayed", "stripe-should-retry", "ratelimit"} <= shown
    missing = ask(stack, stack.publishable_key, path="/v1/nope", headers=origin)
    assert missing.headers["access-control-allow-origin"] == "*", "a browser sees why"


def test_the_account_is_echoed(stack: Stack) -> None:
    account = stack.values["account"]
    answer = ask(stack, stack.secret_key, headers={"Stripe-Account": account})
    assert (answer.status_code, answer.headers["stripe-account"]) == (200, account)
    assert "stripe-account" not in ask(stack, stack.secret_key).headers
