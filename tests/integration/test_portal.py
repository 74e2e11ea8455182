"""The portal over HTTP, without JavaScript: signing in, throttling, CSRF, payments, documentation."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import psycopg
import pytest

from backend.accounts import environments, members
from backend.crypto import sha256
from backend.db import Database
from tests.browser.shop import Shop
from tests.stack import Stack

SAME = {"sec-fetch-site": "same-origin"}


@pytest.fixture(scope="module")
async def shop(stack: Stack) -> AsyncIterator[Shop]:
    one = Shop(stack)
    yield one
    await one.close()


@pytest.fixture
async def visitor(stack: Stack) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser's cookie jar that has not signed in."""
    async with httpx2.AsyncClient(base_url=f"http://localhost:{stack.port}", trust_env=False, timeout=20) as client:
        yield client


async def sign_in(client: httpx2.AsyncClient, email: str, password: str, **more: str) -> httpx2.Response:
    return await client.post("/login", data={"email": email, "password": password, **more}, headers=SAME)


@pytest.fixture
async def merchant(visitor: httpx2.AsyncClient, stack: Stack, no_tries: None) -> httpx2.AsyncClient:
    """The same, signed in as the demo account."""
    answer = await sign_in(visitor, stack.values["portal_email"], stack.values["portal_password"])
    assert answer.status_code == 303
    return visitor


@pytest.fixture
async def member(stack: Stack) -> Callable[[], Any]:
    """Makes a fresh member of a fresh account."""
    async def make() -> tuple[str, str]:
        db = Database(stack.urls.app, pool_size=1)
        await db.open()
        try:
            async with db.everywhere() as tx:
                account = await environments.create_account(tx, "Other & Daughters")
                await environments.create(tx, account, "test")
                email = f"{account}@example.com".lower()
                await members.create(tx, account, email, "correct horse", "Test")
                return email, "correct horse"
        finally:
            await db.close()
    return make


async def test_a_stranger_is_sent_to_the_login_and_back(visitor: httpx2.AsyncClient, stack: Stack) -> None:
    answer = await visitor.get("/test/payments")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/test/payments")
    done = await sign_in(visitor, stack.values["portal_email"], stack.values["portal_password"],
                         next="/test/payments")
    assert done.headers["location"] == "/test/payments"
    assert (await visitor.get("/test/payments")).status_code == 200


@pytest.mark.parametrize("next", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
async def test_the_way_back_cannot_leave_the_site(visitor: httpx2.AsyncClient, stack: Stack, next: str) -> None:
    answer = await sign_in(visitor, stack.values["portal_email"], stack.values["portal_password"], next=next)
    assert answer.headers["location"] == "/"


async def test_the_cookie_is_out_of_reach(visitor: httpx2.AsyncClient, stack: Stack) -> None:
    answer = await sign_in(visitor, stack.values["portal_email"], stack.values["portal_password"])
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


async def test_a_wrong_password_and_an_unknown_address_get_one_answer(visitor: httpx2.AsyncClient,
                                                                      member: Callable[[], Any]) -> None:
    email, _ = await member()
    wrong, unknown = await sign_in(visitor, email, "nope nope"), await sign_in(visitor, "x@example.com", "nope nope")
    assert wrong.status_code == unknown.status_code == 422
    said = [re.search(r'role="alert">(.*?)</div></div>', answer.text, re.S) for answer in (wrong, unknown)]
    assert said[0]
    assert said[1]
    assert said[0][1] == said[1][1]
    assert "nope nope" not in wrong.text


async def test_ten_wrong_tries_lock_even_the_right_password(visitor: httpx2.AsyncClient,
                                                            member: Callable[[], Any]) -> None:
    email, password = await member()
    tries = await asyncio.gather(*(sign_in(visitor, email, f"wrong {turn}") for turn in range(12)))
    assert {answer.status_code for answer in tries} == {422}
    assert (await sign_in(visitor, email, password)).status_code == 422


async def test_a_right_password_clears_the_count(visitor: httpx2.AsyncClient, member: Callable[[], Any]) -> None:
    email, password = await member()
    for _ in range(2):
        for turn in range(7):
            await sign_in(visitor, email, f"wrong {turn}")
        assert (await sign_in(visitor, email, password)).status_code == 303


async def test_too_many_tries_are_told_on_the_page_itself(visitor: httpx2.AsyncClient, stack: Stack) -> None:
    with psycopg.connect(stack.urls.owner, autocommit=True) as link:
        link.execute("SELECT core.tally_add(%s, %s) FROM generate_series(1, %s)",
                     (sha256("sign-in"), members.WINDOW_SECONDS, members.ALL_TRIES_MAX))
        try:
            answer = await sign_in(visitor, "ada@example.com", "a password")
        finally:
            link.execute("DELETE FROM core.tally")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "900")
    assert "Wait a quarter of an hour" in answer.text
    assert 'value="ada@example.com"' in answer.text
    assert "a password" not in answer.text


async def test_every_login_has_a_new_id_and_ends_the_old_one(merchant: httpx2.AsyncClient, stack: Stack) -> None:
    before = merchant.cookies["farthing_login"]
    await sign_in(merchant, stack.values["portal_email"], stack.values["portal_password"])
    assert merchant.cookies["farthing_login"] != before
    merchant.cookies.clear()
    answer = await merchant.get("/test/payments", headers={"cookie": f"farthing_login={before}"})
    assert answer.status_code == 303


async def test_signing_out_ends_the_login_on_the_server(merchant: httpx2.AsyncClient) -> None:
    token = merchant.cookies["farthing_login"]
    assert (await merchant.post("/logout", headers=SAME)).status_code == 303
    merchant.cookies.clear()
    answer = await merchant.get("/", headers={"cookie": f"farthing_login={token}"})
    assert answer.headers["location"] == "/login"


@pytest.mark.parametrize("sent", [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"},
                                 {"origin": "https://evil.example"}, {"origin": "null"}, {}])
@pytest.mark.parametrize("path", ["/logout", "/test/payments/pi_x/cancel", "/test/payments/pi_x/capture",
                                  "/test/payments/pi_x/refund"])
async def test_another_sites_post_is_refused(merchant: httpx2.AsyncClient, path: str, sent: dict[str, str]) -> None:
    assert (await merchant.post(path, headers=sent)).status_code == 403
    assert (await merchant.get("/")).status_code == 200


async def test_another_site_cannot_sign_anybody_in(visitor: httpx2.AsyncClient, stack: Stack) -> None:
    data = {"email": stack.values["portal_email"], "password": stack.values["portal_password"]}
    answer = await visitor.post("/login", data=data, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


async def test_plain_http_relies_on_the_origins_host(merchant: httpx2.AsyncClient) -> None:
    host = merchant.base_url.netloc.decode()
    answer = await merchant.post("/logout", headers={"origin": f"http://{host}"})
    assert answer.status_code == 303


async def intent(shop: Shop, **more: str) -> dict[str, Any]:
    data = {"amount": "4300", "currency": "usd", "payment_method": "pm_card_visa", "confirm": "true",
            "return_url": "https://shop.example", **more}
    found: dict[str, Any] = (await shop.api("POST", "/v1/payment_intents", data)).json()
    return found


async def test_a_payment_is_listed_and_has_a_timeline(merchant: httpx2.AsyncClient, shop: Shop) -> None:
    paid = await intent(shop, description="Order 77")
    assert "Order 77" in (await merchant.get("/test/payments")).text
    page = (await merchant.get(f"/test/payments/{paid['id']}")).text
    for part in ("$43.00", "Payment succeeded", "Authorise and capture", "•••• 4242", paid["latest_charge"]):
        assert part in page
    assert "Capture</button>" not in page
    assert "Cancel payment" not in page


async def test_a_bank_debit_is_listed_with_its_account(merchant: httpx2.AsyncClient, stack: Stack) -> None:
    form = {"amount": "4711", "currency": "eur", "payment_method": "pm_sepaDebit_success_at", "confirm": "true",
            "mandate_data[customer_acceptance][type]": "offline"}
    async with httpx2.AsyncClient(base_url=stack.api_base, auth=(stack.secret_key, ""), trust_env=False) as api:
        made = (await api.post("/v1/payment_intents", data=form)).json()["id"]
    for path in ("/test/payments", f"/test/payments/{made}"):
        page = await merchant.get(path)
        assert page.status_code == 200
        assert "SEPA account" in page.text
        assert "3201" in page.text


async def test_a_filter_shows_its_payments_only(merchant: httpx2.AsyncClient, shop: Shop) -> None:
    held = await intent(shop, capture_method="manual", description="Held 1")
    await intent(shop, description="Taken 1")
    page = (await merchant.get("/test/payments?status=requires_capture")).text
    assert held["id"] in page
    assert "Taken 1" not in page


async def test_pages_of_payments_follow_each_other(merchant: httpx2.AsyncClient, shop: Shop) -> None:
    for _ in range(21):
        await shop.api("POST", "/v1/payment_intents", {"amount": "100", "currency": "usd"})
    first = (await merchant.get("/test/payments")).text
    older = re.search(r'href="(/test/payments\?after=[^"]+)"', first)
    assert older
    second = (await merchant.get(older[1])).text
    shown = [set(re.findall(r'class="rowlink num" href="/test/payments/(pi_\w+)"', page)) for page in (first, second)]
    assert len(shown[0]) == 20
    assert not shown[0] & shown[1]
    newer = re.search(r'href="(/test/payments\?before=[^"]+)"', second)
    assert newer
    back = (await merchant.get(newer[1])).text
    assert set(re.findall(r'class="rowlink num" href="/test/payments/(pi_\w+)"', back)) == shown[0]


async def test_a_held_payment_is_captured_in_part(merchant: httpx2.AsyncClient, shop: Shop) -> None:
    held = await intent(shop, capture_method="manual")
    path = f"/test/payments/{held['id']}"
    refused = await merchant.post(f"{path}/capture", data={"amount": "43.001"}, headers=SAME)
    assert refused.status_code == 422
    assert "at most 2 decimals" in refused.text
    too_much = await merchant.post(f"{path}/capture", data={"amount": "99"}, headers=SAME)
    assert too_much.status_code == 422
    done = await merchant.post(f"{path}/capture", data={"amount": "12.50"}, headers=SAME)
    assert (done.status_code, done.headers["location"]) == (303, f"{path}?done=captured")
    found = (await shop.api("GET", f"/v1/payment_intents/{held['id']}")).json()
    assert (found["status"], found["amount_received"]) == ("succeeded", 1250)


async def test_a_held_payment_is_cancelled(merchant: httpx2.AsyncClient, shop: Shop) -> None:
    held = await intent(shop, capture_method="manual")
    await merchant.post(f"/test/payments/{held['id']}/cancel", headers=SAME)
    found = (await shop.api("GET", f"/v1/payment_intents/{held['id']}")).json()
    assert (found["status"], found["cancellation_reason"]) == ("canceled", "requested_by_customer")
    again = await merchant.post(f"/test/payments/{held['id']}/cancel", headers=SAME)
    assert again.status_code == 422


async def test_a_payment_is_refunded_in_part_and_then_in_full(merchant: httpx2.AsyncClient, shop: Shop) -> None:
    paid = await intent(shop)
    path = f"/test/payments/{paid['id']}"
    page = (await merchant.get(path)).text
    assert f'action="{path}/refund"' in page
    assert "all that is left: $43.00" in page
    for amount, said in (("43.01", "At most $43.00 can be refunded."), ("0", "more than zero"), ("-1", "decimals"),
                         ("1.005", "at most 2 decimals")):
        refused = await merchant.post(f"{path}/refund", data={"amount": amount}, headers=SAME)
        assert refused.status_code == 422, amount
        assert said in refused.text
    assert (await merchant.post(f"{path}/refund", data={"reason": "boredom"}, headers=SAME)).status_code == 422
    done = await merchant.post(f"{path}/refund", data={"amount": "3.00", "reason": "duplicate"}, headers=SAME)
    assert done.status_code == 303
    assert done.headers["location"].startswith(f"{path}?done=re_")
    page = (await merchant.get(path)).text
    for part in ("all that is left: $40.00", "Paid twice", "Charge refunded", "Refund started", "$3.00"):
        assert part in page
    await merchant.post(f"{path}/refund", headers=SAME)
    page = (await merchant.get(path)).text
    assert f'action="{path}/refund"' not in page
    made = (await shop.api("GET", f"/v1/refunds?payment_intent={paid['id']}")).json()["data"]
    assert [(one["amount"], one["reason"], one["status"]) for one in made] == [
        (4000, None, "succeeded"), (300, "duplicate", "succeeded")]


async def test_a_second_click_refunds_nothing_more(merchant: httpx2.AsyncClient, shop: Shop) -> None:
    paid = await intent(shop)
    path = f"/test/payments/{paid['id']}"
    key = re.search(r'name="key" value="(\w+)"', (await merchant.get(path)).text)
    assert key
    for amount in ("20", ""):  # in part, and all of the rest with another form
        sent = {"amount": amount, "key": key[1] + amount}
        clicks = await asyncio.gather(*(merchant.post(f"{path}/refund", data=sent, headers=SAME) for _ in range(4)))
        assert {click.status_code for click in clicks} == {303}
    made = (await shop.api("GET", f"/v1/refunds?payment_intent={paid['id']}")).json()["data"]
    assert sorted(one["amount"] for one in made) == [2000, 2300]


async def test_what_is_not_captured_offers_no_refund(merchant: httpx2.AsyncClient, shop: Shop) -> None:
    held = await intent(shop, capture_method="manual")
    path = f"/test/payments/{held['id']}"
    assert f'action="{path}/refund"' not in (await merchant.get(path)).text
    assert (await merchant.post(f"{path}/refund", headers=SAME)).status_code == 422


async def test_htmx_gets_the_block_alone_and_history_the_whole_page(merchant: httpx2.AsyncClient) -> None:
    partial = await merchant.get("/test/payments", headers={"hx-request": "true", "hx-request-type": "partial"})
    assert "<html" not in partial.text
    assert 'class="tabs"' in partial.text
    assert "HX-Request" in partial.headers["vary"].split(", ")
    whole = await merchant.get("/test/payments", headers={"hx-request": "true", "hx-history-restore-request": "true"})
    assert "<html" in whole.text


async def test_htmx_gets_what_went_wrong_and_no_page_within_the_page(merchant: httpx2.AsyncClient) -> None:
    headers = {"hx-request": "true", "hx-request-type": "partial"}
    for answer in (await merchant.get("/test/payments/pi_00none", headers=headers),
                   await merchant.post("/test/payments/pi_00none/cancel", headers=SAME | headers)):
        assert answer.status_code == 404
        assert "<h1>Not found</h1>" in answer.text
        assert not re.search("<html|<main|<nav", answer.text)
        assert (answer.headers["hx-retarget"], answer.headers["hx-reswap"]) == ("#main", "innerHTML")
    whole = await merchant.get("/test/payments/pi_00none")
    assert "<html" in whole.text
    assert "hx-retarget" not in whole.headers


async def test_one_account_cannot_see_anothers_payment(visitor: httpx2.AsyncClient, shop: Shop,
                                                       member: Callable[[], Any]) -> None:
    paid = await intent(shop)
    email, password = await member()
    assert (await sign_in(visitor, email, password)).status_code == 303
    answer, never = [await visitor.get(f"/test/payments/{id}") for id in (paid["id"], "pi_000000000000000000000000")]
    assert answer.status_code == never.status_code == 404
    plain = [re.sub(r'nonce="[^"]*"', "", page.text) for page in (answer, never)]
    assert plain[0] == plain[1]
    cancel = await visitor.post(f"/test/payments/{paid['id']}/cancel", headers=SAME)
    assert cancel.status_code == 404


async def test_an_empty_account_is_shown_how_to_begin(visitor: httpx2.AsyncClient, member: Callable[[], Any]) -> None:
    await sign_in(visitor, *(await member()))
    for path, words in (("/", "No payments yet"), ("/test/payments", "curl "),
                        ("/test/developers", "No endpoints yet")):
        assert words in (await visitor.get(path)).text


async def test_keys_are_listed_by_their_ends_only(merchant: httpx2.AsyncClient, stack: Stack) -> None:
    page = (await merchant.get("/test/developers")).text
    assert f"sk_test_…{stack.secret_key[-4:]}" in page
    assert stack.secret_key not in page.replace(f"-u {stack.secret_key}:", "")  # examples to copy have the test key


async def test_portal_pages_have_their_headers(merchant: httpx2.AsyncClient) -> None:
    answer = await merchant.get("/")
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "form-action 'self'" in policy


@pytest.mark.parametrize("name", ["accept-a-payment", "test-cards", "webhooks", "errors"])
async def test_the_documentation_reads_without_signing_in(visitor: httpx2.AsyncClient, name: str) -> None:
    answer = await visitor.get(f"/docs/{name}")
    assert answer.status_code == 200
    assert "<h1 id=" in answer.text


async def test_links_within_the_documentation_lead_somewhere(visitor: httpx2.AsyncClient) -> None:
    for name in ("accept-a-payment", "test-cards", "webhooks", "errors"):
        page = (await visitor.get(f"/docs/{name}")).text
        for address, _, anchor in {link.partition("#") for link in re.findall(r'href="(/docs/[^"]+)"', page)}:
            answer = await visitor.get(address)
            assert answer.status_code == 200, address
            assert not anchor or f'id="{anchor}"' in answer.text, (address, anchor)


async def test_the_address_of_an_error_explains_it(visitor: httpx2.AsyncClient, shop: Shop) -> None:
    declined = await shop.api("POST", "/v1/payment_intents", {
        "amount": "2000", "currency": "usd", "payment_method": "pm_card_visa_chargeDeclined", "confirm": "true",
        "return_url": "https://shop.example"})
    address = declined.json()["error"]["doc_url"]
    assert address.endswith("/docs/errors#card_declined")
    assert 'id="card_declined"' in (await visitor.get("/docs/errors")).text


@pytest.fixture
async def addresses(shop: Shop) -> list[str]:
    """Every page of the portal, of objects that are there."""
    hook = (await shop.api("POST", "/v1/webhook_endpoints", {
        "url": "https://example.com/hook", "enabled_events[]": "charge.succeeded"})).json()["id"]
    paid = (await intent(shop))["id"]
    return ["/", "/test/payments", f"/test/payments/{paid}", "/test/developers", "/test/developers/keys/new",
            f"/test/developers/webhooks/{hook}", "/test/logs"]


async def test_no_address_breaks_a_page(merchant: httpx2.AsyncClient, addresses: list[str]) -> None:
    for path in addresses:
        for name in ("typed", "wrong", "locale", "after", "before", "delivery", "status", "method", "object", "to"):
            answer = await merchant.get(path, params={name: "9999-12-31"})
            allowed = (200, 404) if name in ("after", "before", "delivery") else (200,)
            assert answer.status_code in allowed, (path, name)
    for name in ("after", "delivery"):
        assert (await merchant.get(addresses[5], params={name: "zzz"})).status_code == 404


@pytest.mark.parametrize("path", ["/docs/../config", "/docs/%2e%2e/README", "/docs/nothing", "/static/../farthing.py",
                                 "/static/shared/farthing.css", "/live/payments", "/other/payments"])
async def test_nothing_else_is_served(merchant: httpx2.AsyncClient, path: str) -> None:
    assert (await merchant.get(path)).status_code == 404
