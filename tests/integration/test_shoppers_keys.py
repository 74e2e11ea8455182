"""What a publishable key gets: one table for every answer, and the key may come as a parameter."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from api.app import ROUTES
from backend import published
from tests.conformance.clients import Account, another_account, count
from tests.stack import Stack
from tests.testers import GOOD, Answer, Browser

NEVER = frozenset({"metadata", "customer", "fingerprint", "checks", "cvc_check", "address_line1_check",
                   "address_zip_check", "address_postal_code_check", "decline_code", "network_decline_code",
                   "advice_code", "network_advice_code", "latest_charge", "outcome", "request_log"})
DECLINED = "4000000000009995"
CHALLENGED = "4000002760003184"
MANDATE = {"mandate_data[customer_acceptance][type]": "online",
           "mandate_data[customer_acceptance][online][ip_address]": "192.0.2.1",
           "mandate_data[customer_acceptance][online][user_agent]": "test"}


@pytest.fixture(scope="module")
def account(stack: Stack) -> Account:
    return another_account(stack)


@pytest.fixture
async def one(stack: Stack, account: Account) -> AsyncIterator[Browser]:
    async with Browser(stack, account, "127.0.0.1") as browser:
        yield browser


def walked(shape: Any, where: str) -> None:
    """Every object in an answer shows nothing but what its row in the table names."""
    if isinstance(shape, list):
        for value in shape:
            walked(value, f"{where}[]")
    if not isinstance(shape, dict):
        return
    assert not NEVER & set(shape), (where, sorted(NEVER & set(shape)))
    if isinstance(shape.get("object"), str):
        allowed = set(published.TABLE.get(shape["object"], {"id": True, "object": True}))
        assert set(shape) <= allowed, (where, sorted(set(shape) - allowed))
    for name, value in shape.items():
        walked(value, f"{where}.{name}")


async def saved(one: Browser) -> dict[str, str]:
    """A customer with a card that is kept, with metadata of the merchant."""
    customer = (await one.made("/v1/customers", email="ada@example.com"))["id"]
    method = (await one.made("/v1/payment_methods/pm_card_visa/attach", customer=customer))["id"]
    await one.made(f"/v1/payment_methods/{method}", **{"metadata[note]": "pays late"})
    return {"customer": customer, "payment_method": method}


async def intent_paths(one: Browser) -> list[Answer]:
    kept = await saved(one)
    intent = await one.made("/v1/payment_intents", amount="900", currency="usd", **kept, **{"metadata[order]": "7"})
    secret = {"client_secret": intent["client_secret"]}
    base = f"/v1/payment_intents/{intent['id']}"
    answers = [await one.get(base, **secret, **{"expand[]": "payment_method"})]
    answers.append(await one.post(f"{base}/confirm", **secret, payment_method=await one.card(DECLINED)))
    answers.append(await one.get(base, **secret))
    answers.append(await one.post(f"{base}/confirm", **secret, **{"expand[]": "payment_method"},
                                  payment_method=await one.card(GOOD)))
    answers.append(await one.post(f"{base}/confirm", **secret, payment_method=await one.card(GOOD)))
    other = await one.intent()
    answers.append(await one.confirm(other, CHALLENGED))
    return answers


async def setup_paths(one: Browser) -> list[Answer]:
    kept = await saved(one)
    setup = await one.made("/v1/setup_intents", **kept, **{"metadata[order]": "7"})
    secret, base = {"client_secret": setup["client_secret"]}, f"/v1/setup_intents/{setup['id']}"
    return [await one.get(base, **secret, **{"expand[]": "payment_method"}),
            await one.post(f"{base}/confirm", **secret, payment_method=await one.card(DECLINED)),
            await one.get(base, **secret),
            await one.post(f"{base}/confirm", **secret, payment_method=await one.card(GOOD),
                           **{"expand[]": "payment_method"}),
            await one.post(f"{base}/confirm", **secret, payment_method=await one.card(GOOD))]


async def bank_paths(one: Browser) -> list[Answer]:
    answers = []
    for made in (await one.made("/v1/payment_intents", amount="900", currency="usd",
                                **{"payment_method_types[]": "us_bank_account"}),
                 await one.made("/v1/setup_intents", **{"payment_method_types[]": "us_bank_account"})):
        base, secret = f"/v1/{made['object']}s/{made['id']}", {"client_secret": made["client_secret"]}
        answers.append(await one.post(f"{base}/confirm", **secret, **MANDATE, **{
            "payment_method_data[type]": "us_bank_account", "payment_method_data[billing_details][name]": "Ada Byron",
            "payment_method_data[us_bank_account][account_holder_type]": "individual",
            "payment_method_data[us_bank_account][routing_number]": "110000000",
            "payment_method_data[us_bank_account][account_number]": "000123456789"}))
        answers.append(await one.post(f"{base}/verify_microdeposits", **secret, **{
            "amounts[0]": "1", "amounts[1]": "2"}))
    return answers


async def token_paths(one: Browser) -> list[Answer]:
    return [await one.post("/v1/tokens", **{"card[number]": "x"}),
            await one.post("/v1/confirmation_tokens", payment_method=await one.card(GOOD)),
            await one.post("/v1/confirmation_tokens", payment_method="pm_nobody")]


async def vault_paths(one: Browser) -> list[Answer]:
    card = {"card[number]": GOOD, "card[exp_month]": "12", "card[exp_year]": "2034", "card[cvc]": "123"}
    return [await one.vault("/v1/payment_methods", type="card", **card, **{"metadata[a]": "b"}),
            await one.vault("/v1/tokens", **card), await one.vault("/v1/tokens", **card | {"card[cvc]": "1"})]


PATHS: tuple[Callable[[Browser], Any], ...] = (intent_paths, setup_paths, bank_paths, token_paths, vault_paths)


@pytest.mark.parametrize("paths", PATHS, ids=lambda one: one.__name__)
async def test_every_answer_shows_what_the_table_says_and_no_more(one: Browser, paths: Callable[..., Any]) -> None:
    for answer in await paths(one):
        walked(answer.json(), f"{answer.request.method} {answer.request.url.path} {answer.status_code}")


async def test_every_route_for_shoppers_is_walked(one: Browser) -> None:
    for paths in PATHS:
        await paths(one)
    asked = {f"{answer.request.method} {answer.request.url.path}" for answer in one.told}
    for path, methods in ROUTES.items():
        for method, endpoint in methods.items():
            if endpoint.publishable:
                parts = path.split("{id}")
                assert any(line.startswith(f"{method} {parts[0]}") and line.endswith(parts[-1]) for line in asked), path


async def test_the_secret_key_still_sees_why(one: Browser) -> None:
    intent = await one.intent()
    shown = (await one.confirm(intent, DECLINED)).json()["error"]
    assert (shown["code"], shown["message"]) == ("card_declined", "Your card was declined.")
    whole = await one.seen(f"/v1/payment_intents/{intent['id']}?expand[]=latest_charge")
    assert whole["last_payment_error"]["decline_code"] == "insufficient_funds"
    assert whole["latest_charge"]["outcome"]["network_decline_code"] == "51"


@pytest.mark.parametrize("card", ["4000000000000002", "4000000000009995", "4000000000000069", "4000000000000127",
                                  "4000000000009987"])
async def test_every_decline_reads_the_same(one: Browser, card: str) -> None:
    told = []
    for made in (await one.intent(), await one.made("/v1/setup_intents")):
        error = (await one.confirm(made, card)).json()["error"]
        told.append((error["code"], error["message"], "decline_code" in error))
        kept = (await one.get(f"/v1/{made['object']}s/{made['id']}", client_secret=made["client_secret"])).json()
        error = kept.get("last_payment_error") or kept["last_setup_error"]
        told.append((error["code"], error["message"], "decline_code" in error))
    session = (await one.shop.session())["id"]
    page = await one.pay(session, card)
    assert page is not None
    error = page.json()["error"]
    told.append((error["code"], "Your card was declined.", "decline_code" in error))
    assert error["message"].startswith("Your card was declined. Check its details")
    assert set(told) == {("card_declined", "Your card was declined.", False)}


# ---- the key as a parameter

async def test_the_publishable_key_may_be_a_parameter(one: Browser, account: Account) -> None:
    intent, key = await one.intent(), {"key": account.publishable_key}
    base, secret = f"{one.stack.api_base}/v1/payment_intents/{intent['id']}", {"client_secret": intent["client_secret"]}
    shown = await one.http.get(base, params={**key, **secret})
    assert (shown.status_code, shown.json()["id"]) == (200, intent["id"])
    made = await one.http.post(f"http://127.0.0.1:{one.stack.vault_port}/v1/payment_methods", data={
        **key, "type": "card", "card[number]": GOOD, "card[exp_month]": "12", "card[exp_year]": "34",
        "card[cvc]": "123"})
    assert made.status_code == 200, made.text
    form = {**key, **secret, "payment_method": made.json()["id"]}
    paid = await one.http.post(f"{base}/confirm", data=form, headers={"Idempotency-Key": "in-form"})
    assert paid.json()["status"] == "succeeded", paid.text
    again = await one.http.post(f"{base}/confirm", data=form, headers={"Idempotency-Key": "in-form"})
    assert again.content == paid.content
    both = await one.http.get(base, params={**key, **secret}, auth=(account.publishable_key, ""))
    assert both.status_code == 200
    refused = await one.http.post(f"{one.stack.api_base}/v1/customers", data=key)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "secret_key_required")


@pytest.mark.parametrize("place", ["form", "query", "json", "vault", "beside"])
async def test_a_secret_key_as_a_parameter_is_refused_and_never_kept(one: Browser, account: Account,
                                                                     place: str) -> None:
    secret, api = account.secret_key, one.stack.api_base
    if place == "form":
        answer = await one.http.post(f"{api}/v1/customers", data={"key": secret})
    elif place == "query":
        answer = await one.http.get(f"{api}/v1/customers", params={"key": secret})
    elif place == "json":
        answer = await one.http.post(f"{api}/v1/customers", json={"key": secret})
    elif place == "vault":
        answer = await one.http.post(f"http://127.0.0.1:{one.stack.vault_port}/v1/payment_methods",
                                     data={"key": secret, "type": "card"})
    else:
        answer = await one.http.post(f"{api}/v1/customers", data={"key": secret}, auth=(secret, ""))
    assert answer.status_code == (400 if place == "beside" else 401)
    assert secret not in answer.text
    if place != "beside":
        assert "Only a publishable key" in answer.json()["error"]["message"]
    assert count(one.stack, "SELECT count(*) FROM pay.request r WHERE r::text LIKE %s", f"%{secret[8:]}%") == 0
    assert all(secret not in one.stack.log(name) for name in ("web", "vault"))


# ---- on whose behalf

@pytest.mark.parametrize("header", ["Stripe-Account", "Stripe-Context"])
async def test_a_key_acts_for_its_own_account_only(one: Browser, account: Account, header: str) -> None:
    auth = (account.secret_key, "")
    own = (await one.seen("/v1/account"))["id"]
    fine = await one.http.get(f"{one.stack.api_base}/v1/customers", auth=auth, headers={header: own})
    assert (fine.status_code, fine.headers[header]) == (200, own)
    for other in ("acct_1Nv0FGQ9RKHgCVdK", f"{own}/acct_2", "nobody"):
        refused = await one.http.post(f"{one.stack.api_base}/v1/customers", auth=auth, headers={header: other})
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "account_invalid")
        assert header in refused.json()["error"]["message"]


@pytest.mark.parametrize("body", ['{"name": "a", "name": "b"}', '{"metadata": {"a": "1", "a": "1"}}',
                                  '{"metadata": {"a": "1"}, "metadata": {}}', '{"address": {"city": "x", "city": ""}}',
                                  '{"a": ' + "[" * 900 + "]" * 900 + ', "a": "1"}'])
async def test_a_name_that_stands_twice_in_json_is_refused(one: Browser, account: Account, body: str) -> None:
    answer = await one.http.post(f"{one.stack.api_base}/v1/customers", content=body, auth=(account.secret_key, ""),
                                 headers={"Content-Type": "application/json"})
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["type"] == "invalid_request_error"
