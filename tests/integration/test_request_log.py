"""The log of requests on the running stack: whole, clean, walled, searchable, and never in the way."""

import asyncio
import time
import tracemalloc
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import httpx2
import orjson
import psycopg
import pytest

from backend.clock import SystemClock
from backend.db import Database
from backend.requests import answers, writer
from backend.requests.writer import Entry, Writer
from tests.conformance import clients
from tests.stack import Schema, Stack

PAY = {"amount": "1000", "currency": "usd", "payment_method": "pm_card_visa", "confirm": "true",
       "return_url": "https://example.com"}
CARD = "4242424242424242"
SAME = {"sec-fetch-site": "same-origin"}


def logged(stack: Stack, env: int, count: int, seconds: float = 30.0) -> list[dict[str, Any]]:
    """The rows of an environment, as soon as there are so many."""
    until = time.monotonic() + seconds
    while True:
        with clients.superuser(stack) as link:
            rows = link.execute("SELECT to_jsonb(r) FROM pay.request r WHERE env = %s ORDER BY at, id",
                                (env,)).fetchall()
        if len(rows) >= count or time.monotonic() > until:
            return [row[0] for row in rows]
        time.sleep(0.1)


def ask(stack: Stack, key: str, method: str, path: str, **options: Any) -> httpx2.Response:
    with clients.http(stack, key) as client:
        return client.request(method, path, **options)


def test_every_request_under_load_is_logged_once(stack: Stack) -> None:
    other = clients.another_account(stack)

    def one(number: int) -> str:
        answer = ask(stack, other.secret_key, "POST", "/v1/payment_intents", data=PAY,
                     headers={"Idempotency-Key": f"load-{number}"})
        assert answer.status_code == 200
        return str(answer.headers["request-id"])

    sent = {id for part in range(4) for id in clients.parallel(50, lambda number: one(number + 50 * part))}  # noqa: B023
    rows = logged(stack, other.env, 200)
    assert len(sent) == 200
    assert Counter(row["id"] for row in rows) == Counter(sent)
    assert {row["idempotency_key"] for row in rows} == {f"load-{number}" for number in range(200)}
    assert {row["status"] for row in rows} == {200}
    assert all(row["ms"] > 0 and len(row["objects"]) == 3 for row in rows)


def test_a_row_tells_what_was_asked_and_answered(stack: Stack) -> None:
    other = clients.another_account(stack)
    ask(stack, other.secret_key, "POST", "/v1/payment_intents", data=PAY,
        headers={"Idempotency-Key": "k-1", "User-Agent": "shop/1.0", "Stripe-Version": "2022-11-15"})
    ask(stack, other.secret_key, "GET", "/v1/customers?limit=3")
    ask(stack, other.secret_key, "POST", "/v1/customers", json={"email": "a@example.com"})
    ask(stack, other.secret_key, "POST", "/v1/customers", data={"emal": "a@example.com"})
    ask(stack, other.secret_key, "GET", "/v1/nope")
    ask(stack, other.publishable_key, "GET", "/v1/customers")
    rows = logged(stack, other.env, 6)
    assert [(row["method"], row["path"], row["status"], row["code"]) for row in rows] == [
        ("POST", "/v1/payment_intents", 200, None), ("GET", "/v1/customers", 200, None),
        ("POST", "/v1/customers", 200, None), ("POST", "/v1/customers", 400, "parameter_unknown"),
        ("GET", "/v1/nope", 404, None), ("GET", "/v1/customers", 403, "secret_key_required")]
    first = rows[0]
    assert (first["version"], first["idempotency_key"], first["user_agent"], first["ip"]) == (
        "2022-11-15", "k-1", "shop/1.0", "127.0.0.1")
    assert '["payment_method","pm_card_visa"]' in first["params"]
    assert [row["params"] for row in rows[1:3]] == ['[["limit","3"]]', '{"email":"a@example.com"}']
    assert '"status":"succeeded"' in first["answer"]


def test_nothing_secret_is_in_the_table(stack: Stack) -> None:
    other = clients.another_account(stack)
    key, secrets = other.secret_key, [other.secret_key, other.publishable_key]
    made = ask(stack, key, "POST", "/v1/payment_intents", data=PAY).json()
    ask(stack, other.publishable_key, "GET", f"/v1/payment_intents/{made['id']}",
        params={"client_secret": made["client_secret"]})
    hook = ask(stack, key, "POST", "/v1/webhook_endpoints",
               data={"url": "https://user:hunter2hunter2@example.com/h", "enabled_events[]": "*"}).json()
    secrets += [made["client_secret"].partition("_secret_")[2], hook.get("secret") or "whsec_", "hunter2hunter2"]
    for where in ("description", "metadata[card]", "card[number]", CARD):
        for number in (CARD, "4242 4242 4242 4242", "4242-4242-4242-4242"):
            ask(stack, key, "POST", "/v1/customers", data={where: number})
            ask(stack, key, "POST", "/v1/customers", json={where: number})
    ask(stack, key, "GET", f"/v1/customers/{CARD}")
    ask(stack, key, "GET", f"/v1/{key}/{CARD}", headers={"User-Agent": f"card {CARD} {key}"})
    ask(stack, key, "POST", "/v1/customers", data={"name": key, "description": f"Bearer {key}"},
        headers={"Idempotency-Key": key})
    rows = logged(stack, other.env, 3 + 24 + 3)
    text = str(rows)
    assert len(rows) == 30
    assert [one for one in secrets if one in text] == []
    assert "4242 4242" not in text
    assert CARD not in text
    assert "4242-4242" not in text
    with clients.superuser(stack) as link:
        found = link.execute(
            "SELECT count(*) FROM pay.request WHERE concat(path, params, answer, idempotency_key, user_agent) "
            "~ '[spr]k_(test|live)_[A-Za-z0-9]{8}|_secret_[A-Za-z0-9]{8}|whsec_[A-Za-z0-9]'").fetchone()
    assert found == (0,), "nor in any other row that this stack has logged"


def test_an_error_leads_to_its_line(stack: Stack) -> None:
    answer = ask(stack, stack.secret_key, "GET", "/v1/customers/cus_unknown")
    url = answer.json()["error"]["request_log_url"]
    assert url.endswith(f"/test/logs/{answer.headers['request-id']}")
    refused = {**PAY, "payment_method": "pm_card_visa_chargeDeclined"}
    first, second = (ask(stack, stack.secret_key, "POST", "/v1/payment_intents", data=refused,
                         headers={"Idempotency-Key": f"log-url-{id(stack)}"}) for _ in range(2))
    assert first.status_code == 402
    assert first.headers["request-id"] in first.json()["error"]["request_log_url"]
    assert second.headers["idempotent-replayed"] == "true"
    assert second.content == first.content, "a replay is byte-equal: it leads to the first request"


@pytest.fixture
async def merchant(stack: Stack, no_tries: None) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=f"http://localhost:{stack.port}", trust_env=False, timeout=30) as client:
        signed = {"email": stack.values["portal_email"], "password": stack.values["portal_password"]}
        assert (await client.post("/login", data=signed, headers=SAME)).status_code == 303
        yield client


async def test_the_portal_finds_a_request_by_everything(stack: Stack, merchant: httpx2.AsyncClient) -> None:
    made = ask(stack, stack.secret_key, "POST", "/v1/payment_intents", data={**PAY, "description": "it's <b>"})
    refused = ask(stack, stack.secret_key, "POST", "/v1/refunds", data={"payment_intent": made.json()["id"],
                                                                       "amuont": "1"})
    id, other = made.headers["request-id"], refused.headers["request-id"]
    until = time.monotonic() + 30
    while (await merchant.get(f"/test/logs/{other}")).status_code != 200:
        assert time.monotonic() < until
        await asyncio.sleep(0.1)
    today = SystemClock().now().date()
    intent, charge = made.json()["id"], made.json()["latest_charge"]
    for query, here, there in (
            (f"object={id}", True, False), (f"object={charge}", True, False), (f"object={intent}", True, True),
            (f"object={intent}&status=4xx", False, True), (f"object={intent}&status=2xx", True, False),
            (f"object={intent}&status=400", False, True), (f"object={intent}&path=/v1/refunds", False, True),
            (f"object={intent}&method=POST", True, True), (f"object={intent}&method=GET", False, False),
            (f"object={intent}&from={today}&to={today}", True, True), (f"object={intent}&to=2020-01-01", False, False),
            (f"object={intent}&from=nonsense&status=9&method=BREW", True, True)):
        page = await merchant.get(f"/test/logs?{query}")
        assert page.status_code == 200, query
        assert (f"/test/logs/{id}" in page.text, f"/test/logs/{other}" in page.text) == (here, there), query
    detail = (await merchant.get(f"/test/logs/{id}")).text
    for shown in ("it&#39;s &lt;b&gt;", charge, "2026-10-28.endive", "--data-urlencode", "127.0.0.1"):
        assert shown in detail, shown


@pytest.mark.parametrize("where", ["after", "before"])
async def test_a_place_that_is_not_in_the_log_is_no_empty_log(merchant: httpx2.AsyncClient, where: str) -> None:
    answer = await merchant.get(f"/test/logs?{where}=req_nothing")
    assert answer.status_code == 404
    assert "nothing at this address" in answer.text


async def test_the_pages_of_the_list_are_stable(stack: Stack, merchant: httpx2.AsyncClient) -> None:
    import re

    sent = [ask(stack, stack.secret_key, "GET", "/v1/events?limit=1").headers["request-id"] for _ in range(60)]
    until = time.monotonic() + 30
    while (await merchant.get(f"/test/logs/{sent[-1]}")).status_code != 200:
        assert time.monotonic() < until
        await asyncio.sleep(0.1)
    seen: list[str] = []
    path = "/test/logs?path=/v1/events"
    while len(seen) < 60:
        page = (await merchant.get(path)).text
        ids = re.findall(r'class="rowlink" href="/test/logs/(req_\w+)"', page)
        assert ids
        seen += ids
        path = f"/test/logs?path=/v1/events&after={ids[-1]}"
    assert seen[:60] == sent[::-1]
    back = (await merchant.get(f"/test/logs?path=/v1/events&before={seen[25]}")).text
    assert re.findall(r'class="rowlink" href="/test/logs/(req_\w+)"', back) == seen[:25]


async def test_another_accounts_log_is_not_there(stack: Stack, merchant: httpx2.AsyncClient) -> None:
    other = clients.another_account(stack)
    made = ask(stack, other.secret_key, "POST", "/v1/payment_intents", data=PAY)
    logged(stack, other.env, 1)
    assert (await merchant.get(f"/test/logs/{made.headers['request-id']}")).status_code == 404
    found = await merchant.get(f"/test/logs?object={made.json()['id']}")
    assert made.headers["request-id"] not in found.text


def entry(number: int = 0, **more: Any) -> Entry:
    plain = Entry(env=1, at=SystemClock().now(), id=f"req_{number}", method="GET", path="/v1/balance", raw=b"",
                  json=False, status=200, ms=1.0, answer=b"{}", key_id="mk_1", version="v", idempotency_key=None,
                  ip="127.0.0.1", user_agent="")
    return replace(plain, **more)


def runtime(url: str) -> Any:
    return SimpleNamespace(db=Database(url, pool_size=2), clock=SystemClock())


@pytest.fixture
def house(postgres: Schema) -> Any:
    urls = postgres.fresh()
    with psycopg.connect(urls.owner, autocommit=True) as link:
        link.execute("INSERT INTO core.account (id, name) VALUES ('acct_1', 'x')")
        link.execute("INSERT INTO core.environment (account_id, mode) VALUES ('acct_1', 'test')")
    return urls


async def stored(urls: Any) -> int:
    db = Database(urls.app, pool_size=1)
    await db.open()
    try:
        return int((await db.rows(1, "SELECT count(*) AS n FROM pay.request WHERE env = 1"))[0]["n"])
    finally:
        await db.close()


async def test_while_postgresql_is_away_a_bounded_number_waits_and_the_rest_is_counted(house: Any) -> None:
    parts = runtime(house.app.replace("farthing_app", "farthing_nobody", 1))
    log = Writer(parts)
    for number in range(writer.BYTES_MAX // entry().bytes + 50):
        log.note(entry(number))
    assert log.dropped == 50
    big = Writer(parts)
    for number in range(400):
        big.note(entry(number, answer=b"x" * 500_000))
    assert big.dropped > 0
    assert big._bytes <= writer.BYTES_MAX
    for one in (log, big):
        assert one._task
        one._task.cancel()


async def test_what_waits_holds_as_much_memory_as_is_counted(house: Any) -> None:
    log = Writer(runtime(house.app.replace("farthing_app", "farthing_nobody", 1)))
    log.note(entry(0))  # starts what writes
    tracemalloc.start()
    for number in range(1000):
        answer = answers.of({f"field_{name}": "a value" for name in range(60)} | {"id": f"cus_{number}"}).body
        log.note(entry(number, answer=answer, raw=orjson.dumps({"description": "words " * (number % 50)})))
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held <= log._bytes
    assert log._task
    log._task.cancel()


async def test_what_waited_is_written_once_postgresql_is_back(house: Any) -> None:
    parts = runtime(house.app)
    log = Writer(parts)
    for number in range(450):
        log.note(entry(number))
    await asyncio.sleep(1.0)  # the pool is closed: nothing can be written yet
    assert log.written == 0
    await parts.db.open()
    try:
        await log.close()
        assert (log.written, log.dropped, await stored(house)) == (450, 0, 450)
    finally:
        await parts.db.close()


async def test_one_entry_that_cannot_be_stored_costs_no_other(house: Any) -> None:
    parts = runtime(house.app)
    await parts.db.open()
    try:
        log = Writer(parts)
        for number in range(20):
            log.note(entry(number, status=70_000 if number == 7 else 200))
        await log.close()
        assert (log.dropped, await stored(house)) == (1, 19)
    finally:
        await parts.db.close()


async def test_days_past_their_time_are_dropped_and_coming_ones_made(house: Any) -> None:
    parts = runtime(house.app)
    with psycopg.connect(house.owner, autocommit=True) as link:
        for table in ("request", "request_object"):
            for day, after in (("20200101", "2020-01-02"), ("20200102", "2020-01-03")):
                link.execute(f"CREATE TABLE pay.{table}_{day} PARTITION OF pay.{table} FOR VALUES "
                             f"FROM ('{day} 00:00+00') TO ('{after} 00:00+00')")

        def days() -> set[str]:
            rows = link.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = "
                                "'pay.request'::regclass").fetchall()
            return {row[0][-8:] for row in rows}

        before = days()
        await parts.db.open()
        try:
            assert await writer.keep_days(parts) == 4
            assert days() == before - {"20200101", "20200102"}
            assert len(days()) == 4, "yesterday, today and two more"
            assert await writer.keep_days(parts) == 0
            with pytest.raises(psycopg.errors.InvalidParameterValue):
                await parts.db.call(0, "pay.request_days(%s)", (0,))
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await parts.db.rows(1, f"SELECT * FROM pay.request_{min(days())}")
        finally:
            await parts.db.close()
