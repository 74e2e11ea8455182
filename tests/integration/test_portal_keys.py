"""Making, rolling and revoking keys in the portal, without JavaScript; the whole key is shown once."""

import re
import time
from collections.abc import AsyncIterator

import httpx2
import pytest

from tests.conformance import clients
from tests.stack import Stack

SAME = {"sec-fetch-site": "same-origin"}
KEYS = "/test/developers/keys"
SECONDS = 15.0


@pytest.fixture
async def merchant(stack: Stack, no_tries: None) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=f"http://localhost:{stack.port}", trust_env=False, timeout=30,
                                  headers=SAME) as client:
        signed = {"email": stack.values["portal_email"], "password": stack.values["portal_password"]}
        assert (await client.post("/login", data=signed)).status_code == 303
        yield client


async def made(merchant: httpx2.AsyncClient, **fields: str) -> tuple[str, str]:
    """(key, address of its page) of a new key."""
    answer = await merchant.post(f"{KEYS}/new", data=fields)
    assert answer.status_code == 200, answer.text
    found = re.search(r"[spr]k_test_\w{43}", answer.text)
    assert found
    return found[0], await address(merchant, found[0])


async def address(merchant: httpx2.AsyncClient, key: str) -> str:
    row = re.search(rf'href="({KEYS}/mk_\w+)">[^<]*</a></td><td><code>{key[:8]}…{key[-4:]}',
                    (await merchant.get("/test/developers")).text)
    assert row
    return row[1]


def status(stack: Stack, key: str, path: str = "/v1/charges") -> int:
    with clients.http(stack, key) as client:
        return client.get(path).status_code


async def test_a_restricted_key_is_made_and_shown_once(stack: Stack, merchant: httpx2.AsyncClient) -> None:
    key, page = await made(merchant, kind="restricted", name="Ware <house>", may_charges="read", may_refunds="none")
    assert [status(stack, key, path) for path in ("/v1/charges", "/v1/refunds")] == [200, 403]
    for later in (page, "/test/developers"):
        text = (await merchant.get(later)).text
        assert key not in text
        assert "Ware &lt;house&gt;" in text
    assert re.search(r'name="may_charges" value="read"[^>]* checked', (await merchant.get(page)).text)


async def test_a_key_is_changed(stack: Stack, merchant: httpx2.AsyncClient) -> None:
    key, page = await made(merchant, kind="restricted", name="x", may_charges="read")
    answer = await merchant.post(page, data={"name": "y", "may_charges": "write", "allowed_ips": "203.0.113.9, ::1"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/test/developers")
    assert "203.0.113.9/32, ::1/128" in (await merchant.get(page)).text
    until = time.monotonic() + SECONDS
    while status(stack, key) != 403:
        assert time.monotonic() < until


@pytest.mark.parametrize(("fields", "said"), [
    ({"kind": "restricted", "name": "x"}, "at least one permission"),
    ({"kind": "owner"}, "what kind"),
    ({"kind": "secret", "allowed_ips": "everywhere"}, "203.0.113.7"),
    ({"kind": "restricted", "may_everything": "write"}, "no permission"),
    ({"kind": "restricted", "may_charges": "sometimes"}, "no permission")])
async def test_a_form_that_is_wrong_says_so(merchant: httpx2.AsyncClient, fields: dict[str, str], said: str) -> None:
    answer = await merchant.post(f"{KEYS}/new", data=fields)
    assert answer.status_code == 422
    assert said in answer.text


async def test_rolling_keeps_the_old_key_for_its_grace(stack: Stack, merchant: httpx2.AsyncClient) -> None:
    old, page = await made(merchant, kind="restricted", name="roll", may_charges="read")
    assert (await merchant.post(f"{page}/roll", data={"grace": "99y"})).status_code == 422
    answer = await merchant.post(f"{page}/roll", data={"grace": "24h"})
    found = re.search(r"rk_test_\w{43}", answer.text)
    assert found
    assert [status(stack, key) for key in (old, found[0])] == [200, 200]
    assert "Expires" in (await merchant.get(page)).text
    assert (await merchant.post(f"{page}/roll", data={"grace": "now"})).status_code == 422, "roll the successor"


async def test_a_revoked_key_stops_within_seconds(stack: Stack, merchant: httpx2.AsyncClient) -> None:
    key, page = await made(merchant, kind="secret", name="gone")
    assert status(stack, key) == 200
    assert (await merchant.post(f"{page}/revoke")).status_code == 303
    until = time.monotonic() + SECONDS
    while status(stack, key) != 401:
        assert time.monotonic() < until
    assert "Revoke" not in (await merchant.get(page)).text


async def test_another_accounts_key_is_not_there(stack: Stack, merchant: httpx2.AsyncClient) -> None:
    other = clients.another_account(stack)
    with clients.superuser(stack) as link:
        row = link.execute("SELECT id FROM core.api_key WHERE env = %s AND kind = 'secret'", (other.env,)).fetchone()
    assert row
    for path in ("", "/roll", "/revoke"):
        answer = await merchant.post(f"{KEYS}/{row[0]}{path}", data={"grace": "now", "name": "mine now"})
        assert answer.status_code == 404, path
    assert status(stack, other.secret_key) == 200


async def test_another_site_cannot_make_a_key(merchant: httpx2.AsyncClient) -> None:
    answer = await merchant.post(f"{KEYS}/new", data={"kind": "secret"}, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403


async def test_the_version_of_the_account_is_chosen(stack: Stack, merchant: httpx2.AsyncClient) -> None:
    def version() -> str:
        with clients.http(stack) as client:
            return client.get("/v1/balance").headers["stripe-version"]

    async def choose(wanted: str, seen: str) -> None:
        assert (await merchant.post("/test/developers/version", data={"version": wanted})).status_code == 303
        until = time.monotonic() + SECONDS
        while version() != seen:
            assert time.monotonic() < until

    try:
        await choose("2024-06-20", "2024-06-20")
        assert '<option value="2024-06-20" selected>' in (await merchant.get("/test/developers")).text
        assert (await merchant.post("/test/developers/version", data={"version": "1999-01-01"})).status_code == 422
    finally:
        await choose("", "2026-10-28.endive")
