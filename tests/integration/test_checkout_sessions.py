"""Checkout sessions over HTTP against the running stack: the API's side, the page's side, and attacks on both."""

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest

from api.objects import OBJECTS
from backend.checkout_sessions import states
from tests.browser.shop import Shop
from tests.stack import Stack


@pytest.fixture(scope="module")
async def shop(stack: Stack) -> AsyncIterator[Shop]:
    one = Shop(stack)
    yield one
    await one.close()


async def test_a_new_session_is_open_and_has_an_address(shop: Shop) -> None:
    session = await shop.session(client_reference_id="order-1", metadata__shelf="7")
    assert session["object"] == "checkout.session"
    assert session["url"] == f"{shop.pay_base}/c/{session['id']}"
    assert (session["status"], session["payment_status"], session["payment_intent"]) == ("open", "unpaid", None)
    assert (session["amount_total"], session["currency"], session["mode"]) == (2000, "usd", "payment")
    assert session["expires_at"] - session["created"] == 24 * 3600
    assert session["metadata"] == {"shelf": "7"}


async def test_a_session_has_every_field_of_the_official_type(shop: Shop) -> None:
    from stripe.checkout import Session

    fields = OBJECTS["checkout.session"].fields
    wanted = set(Session.__annotations__) - {"OBJECT_NAME", "line_items"}
    assert wanted <= set(fields)
    assert {name for name in wanted if not fields[name].optional} <= set(await shop.session())


async def test_line_items_are_listed_in_order(shop: Shop) -> None:
    session = await shop.session(**{
        "line_items[1][quantity]": "3", "line_items[1][price_data][currency]": "usd",
        "line_items[1][price_data][unit_amount]": "150", "line_items[1][price_data][product_data][name]": "Pencil"})
    assert session["amount_total"] == 2450
    found = (await shop.api("GET", f"/v1/checkout/sessions/{session['id']}/line_items")).json()
    assert [item["description"] for item in found["data"]] == ["Field notebook", "Pencil"]
    assert found["data"][1]["amount_total"] == 450
    first = (await shop.api("GET", f"/v1/checkout/sessions/{session['id']}/line_items?limit=1")).json()
    assert first["has_more"] is True
    after = first["data"][0]["id"]
    rest = (await shop.api("GET", f"/v1/checkout/sessions/{session['id']}/line_items?starting_after={after}")).json()
    assert [item["description"] for item in rest["data"]] == ["Pencil"]


async def test_sessions_are_listed_newest_first(shop: Shop) -> None:
    first, second = await shop.session(), await shop.session()
    found = (await shop.api("GET", "/v1/checkout/sessions?limit=2")).json()
    assert [one["id"] for one in found["data"]] == [second["id"], first["id"]]
    assert found["has_more"] is True


@pytest.mark.parametrize(("change", "param"), [
    ({"amount_total": "1"}, "amount_total"), ({"success_url": "javascript:alert(1)"}, "success_url"),
    ({"line_items[0][price_data][unit_amount]": "10.5"}, "line_items[0][price_data][unit_amount]"),
    ({"line_items[0][price_data][unit_amount]": "-5"}, "line_items[0][price_data][unit_amount]"),
    ({"line_items[0][quantity]": "0"}, "line_items[0][quantity]"), ({"mode": "subscription"}, "mode"),
    ({"customer": "cus_nobody"}, "customer"), ({"line_items[0][price_data][currency]": "zzz"},
                                               "line_items[0][price_data][currency]")])
async def test_a_bad_parameter_is_named(shop: Shop, change: dict[str, str], param: str) -> None:
    data = {"mode": "payment", "success_url": "https://shop.example", "line_items[0][quantity]": "1",
            "line_items[0][price_data][currency]": "usd", "line_items[0][price_data][unit_amount]": "2000",
            "line_items[0][price_data][product_data][name]": "Notebook", **change}
    answer = await shop.api("POST", "/v1/checkout/sessions", data)
    assert answer.status_code in (400, 404)
    assert answer.json()["error"]["param"] == param


async def test_expiring_closes_the_page_and_a_second_time_is_refused(shop: Shop) -> None:
    session = await shop.session(cancel_url="https://shop.example/basket")
    answer = await shop.api("POST", f"/v1/checkout/sessions/{session['id']}/expire")
    assert (answer.status_code, answer.json()["status"], answer.json()["url"]) == (200, "expired", None)
    again = await shop.api("POST", f"/v1/checkout/sessions/{session['id']}/expire")
    assert again.status_code == 400
    page = await shop.page(f"/c/{session['id']}")
    assert page.status_code == 410
    assert "https://shop.example/basket" in page.text
    events = (await shop.api("GET", "/v1/events?type=checkout.session.expired&limit=5")).json()["data"]
    assert session["id"] in [event["data"]["object"]["id"] for event in events]


async def test_an_expired_session_cannot_be_paid(shop: Shop) -> None:
    session = await shop.session()
    token = await shop.token(session["id"])
    await shop.api("POST", f"/v1/checkout/sessions/{session['id']}/expire")
    assert (await shop.pay(session["id"], token)).json() == {"status": "expired"}
    assert await shop.charges(session["id"]) == []


async def test_expiring_cancels_a_payment_that_was_begun(shop: Shop) -> None:
    session = await shop.session()
    declined = await shop.pay(session["id"], await shop.token(session["id"], "4000000000000002"))
    assert declined.status_code == 402
    answer = await shop.api("POST", f"/v1/checkout/sessions/{session['id']}/expire")
    assert answer.json()["status"] == "expired", answer.text
    intent = (await shop.api("GET", f"/v1/payment_intents/{answer.json()['payment_intent']}")).json()
    assert intent["status"] == "canceled"


async def test_a_paid_session_cannot_be_expired(shop: Shop) -> None:
    session = await shop.session()
    await shop.pay(session["id"], await shop.token(session["id"]))
    answer = await shop.api("POST", f"/v1/checkout/sessions/{session['id']}/expire")
    assert answer.status_code == 400
    assert (await shop.look(session["id"]))["status"] == "complete"


async def test_paying_writes_one_completed_event(shop: Shop) -> None:
    session = await shop.session()
    paid = await shop.pay(session["id"], await shop.token(session["id"]))
    assert paid.json() == {"status": "complete", "url": f"{shop.thanks}?session={session['id']}"}
    events = (await shop.api("GET", "/v1/events?type=checkout.session.completed&limit=50")).json()["data"]
    mine = [event for event in events if event["data"]["object"]["id"] == session["id"]]
    assert len(mine) == 1
    assert mine[0]["data"]["object"]["payment_status"] == "paid"


async def test_fifty_parallel_payments_charge_once(shop: Shop) -> None:
    session = await shop.session()
    tokens = await asyncio.gather(*(shop.token(session["id"]) for _ in range(5)))
    answers = await asyncio.gather(*(shop.pay(session["id"], tokens[turn % 5]) for turn in range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["status"] for answer in answers} <= {"complete", "processing"}
    assert len(await shop.charges(session["id"])) == 1


async def test_a_session_with_manual_capture_is_complete_and_unpaid_until_captured(shop: Shop) -> None:
    session = await shop.session(payment_intent_data__capture_method="manual")
    await shop.pay(session["id"], await shop.token(session["id"]))
    found = await shop.look(session["id"])
    assert (found["status"], found["payment_status"]) == ("complete", "unpaid")
    await shop.api("POST", f"/v1/payment_intents/{found['payment_intent']}/capture")
    for _ in range(100):
        if (await shop.look(session["id"]))["payment_status"] == "paid":
            break
        await asyncio.sleep(0.1)
    assert (await shop.look(session["id"]))["payment_status"] == "paid"


@pytest.mark.parametrize("extra", [{"amount": 1}, {"currency": "jpy"}, {"capture_method": "manual"},
                                  {"metadata": {"a": "b"}}, {"application_fee_amount": 1}])
async def test_a_browser_cannot_change_what_is_charged(shop: Shop, extra: dict[str, object]) -> None:
    session = await shop.session()
    token = await shop.token(session["id"])
    refused = await shop.pay(session["id"], token, **extra)
    assert (refused.status_code, f"unknown parameter: {next(iter(extra))}" in refused.text) == (400, True)
    twice = await shop.page(f"/c/{session['id']}/pay", "POST", headers={"sec-fetch-site": "same-origin"},
                            content=f'{{"payment_method": "{token}", "email": "a@b.c", "email": "d@e.f"}}')
    assert (twice.status_code, "email was given more than once" in twice.text) == (400, True)
    assert await shop.charges(session["id"]) == []
    await shop.pay(session["id"], token)
    charge = (await shop.charges(session["id"]))[0]
    assert (charge["amount"], charge["currency"], charge["captured"], charge["metadata"]) == (2000, "usd", True, {})


async def test_a_payment_intent_of_a_session_is_not_confirmed_elsewhere(shop: Shop) -> None:
    session = await shop.session()
    await shop.pay(session["id"], await shop.token(session["id"], "4000000000000002"))
    intent = (await shop.look(session["id"]))["payment_intent"]
    answer = await shop.api("POST", f"/v1/payment_intents/{intent}/confirm", {"payment_method": "pm_card_visa"})
    assert answer.status_code == 400
    assert await shop.charges(session["id"]) == []


async def test_a_token_of_one_environment_is_no_good_in_another(shop: Shop) -> None:
    session = await shop.session()
    answer = await shop.pay(session["id"], "pm_00000000000000000000000000")
    assert answer.status_code == 400
    assert await shop.charges(session["id"]) == []


async def test_another_site_cannot_post_a_payment(shop: Shop) -> None:
    session = await shop.session()
    token = await shop.token(session["id"])
    for sent in ({"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "https://evil.example"}):
        answer = await shop.page(f"/c/{session['id']}/pay", "POST", json={"payment_method": token}, headers=sent)
        assert answer.status_code == 403
    form = await shop.page(f"/c/{session['id']}/confirm", "POST", data={"payment_method": token, "token": "1:x.9.z"})
    assert form.status_code == 403
    assert await shop.charges(session["id"]) == []


async def test_opening_pages_changes_nothing(shop: Shop) -> None:
    session = await shop.session()
    token = await shop.token(session["id"])
    for path in ("", "/pay", f"/pay?payment_method={token}", "/status"):
        assert (await shop.page(f"/c/{session['id']}{path}")).status_code in (200, 303)
    assert (await shop.look(session["id"]))["payment_intent"] is None


async def test_the_page_has_the_headers_of_its_surface(shop: Shop) -> None:
    session = await shop.session()
    first, second = await shop.page(f"/c/{session['id']}"), await shop.page(f"/c/{session['id']}")
    policy = first.headers["content-security-policy"]
    vault = f"http://js.localhost:{shop.stack.vault_port}"
    assert f"connect-src 'self' {vault}" in policy
    assert f"form-action 'self' {vault}" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert policy != second.headers["content-security-policy"]
    assert first.headers["x-frame-options"] == "DENY"
    assert first.headers["referrer-policy"] == "no-referrer"
    assert first.headers["cache-control"] == "no-store"
    assert first.text.count("integrity=") >= 6


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "{{ 7*7 }}"])
async def test_product_names_are_shown_as_text(shop: Shop, name: str) -> None:
    session = await shop.session(**{"line_items[0][price_data][product_data][name]": name})
    page = (await shop.page(f"/c/{session['id']}")).text
    assert name not in page or "{{" in name
    assert "<script>alert" not in page
    assert "<img src=x" not in page


async def test_an_error_in_the_address_is_only_ever_our_own_sentence(shop: Shop) -> None:
    session = await shop.session()
    page = (await shop.page(f"/c/{session['id']}?error=<b>pwned</b>")).text
    assert "pwned" not in page
    assert "Your card was declined" in page


@pytest.mark.parametrize("path", ["/c/cs_test_nothing", "/c/cs_test_" + "0" * 25, "/c/x/pay", "/3ds/tds_x", "/nowhere"])
async def test_unknown_addresses_get_one_calm_page(shop: Shop, path: str) -> None:
    answer = await shop.page(path)
    assert answer.status_code == 404
    assert "We cannot find this page" in answer.text


async def test_the_pay_host_does_not_serve_the_api_or_the_portal(shop: Shop) -> None:
    for path in ("/v1/checkout/sessions", "/login", "/docs", "/test/payments"):
        assert (await shop.page(path)).status_code == 404


def test_the_database_holds_the_same_steps_as_the_table(stack: Stack) -> None:
    with psycopg.connect(stack.urls.auditor) as conn:
        found = set(conn.execute("SELECT from_s, to_s FROM pay.transition WHERE entity = 'checkout_session'"))
    assert found == {(before.value, to.value) for (before, _), to in states.TABLE.items()}


def test_another_environment_sees_no_session_and_cannot_write_one(stack: Stack, shop: Shop) -> None:
    with psycopg.connect(stack.urls.app) as conn:
        conn.execute("SELECT set_config('app.env', '999999', false)")
        assert conn.execute("SELECT count(*) FROM pay.checkout_session").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute("""INSERT INTO pay.checkout_session (env, id, status, currency, amount_total, success_url,
                created_at, expires_at) VALUES (1, 'cs_x', 'open', 'usd', 1, 'https://x.example', now(), now())""")


async def test_the_price_of_a_session_cannot_be_changed_in_the_database(stack: Stack, shop: Shop) -> None:
    session = await shop.session()
    with psycopg.connect(stack.urls.app) as conn:
        conn.execute("SELECT set_config('app.env', (SELECT id::text FROM core.environment LIMIT 1), false)")
        with pytest.raises(psycopg.Error, match="immutable"):
            conn.execute("UPDATE pay.checkout_session SET amount_total = 1 WHERE id = %s", (session["id"],))
