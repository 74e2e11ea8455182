"""The vault's address answers the whole API: numbers become tokens there, the rest passes, nobody else sees one."""

import asyncio
import io
import itertools
import json
import re
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
import redis
import stripe
from starlette.requests import Request

from backend.card_numbers import luhn
from backend.config import Settings
from tests.conformance import clients
from tests.stack import Stack
from vault.api_line import ApiLine

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
BODY = "40000078400"
"""How the numbers of this file begin that no other test uses; the sandbox declines payments with them."""
GOOD = itertools.cycle("4000000760000002 4000001240000000 4000002180000000 4000005910000000 4000000560000004".split())
"""Published numbers of cards that pay."""
DATA = "payment_method_data[card]"
_made = iter(range(1, 10_000))


def number() -> str:
    """A fresh number of a Visa test card."""
    body = f"{BODY}{next(_made):04}"
    return next(body + digit for digit in "0123456789" if luhn(body + digit))


def card(of: str | None = None) -> dict[str, Any]:
    return {"number": of or number(), "exp_month": 12, "exp_year": 2034, "cvc": "731"}


def flat(at: str, of: dict[str, Any]) -> dict[str, str]:
    return {f"{at}[{name}]": str(value) for name, value in of.items()}


@pytest.fixture(scope="module")
def client(stack: Stack) -> stripe.StripeClient:
    """The official client with one base address, the vault's."""
    return stripe.StripeClient(stack.secret_key, base_addresses={name: base(stack) for name in (
        "api", "files", "connect")}, max_network_retries=0)


def base(stack: Stack) -> str:
    return f"http://127.0.0.1:{stack.vault_port}"


@pytest.fixture
def http(stack: Stack) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=base(stack), timeout=60, trust_env=False,
                       headers={"Authorization": f"Bearer {stack.secret_key}"}) as found:
        yield found


def pay(client: stripe.StripeClient, **more: Any) -> Any:
    return client.v1.payment_intents.create({"amount": 1000, "currency": "usd", "confirm": True,
                                             "return_url": "https://example.com", **more})


def test_the_official_client_needs_one_address(client: stripe.StripeClient) -> None:
    shown = next(GOOD)
    method = client.v1.payment_methods.create({"type": "card", "card": card(shown)})
    assert (method.card and method.card.last4) == shown[-4:]
    token = client.v1.tokens.create({"card": card()})
    assert client.v1.tokens.retrieve(token.id).used is False
    paid = pay(client, payment_method_data={"type": "card", "card": card(shown), "billing_details": {"name": "Ada"}},
               expand=["payment_method", "latest_charge.balance_transaction"])
    assert paid.status == "succeeded"
    assert paid.payment_method.card.last4 == shown[-4:]
    assert paid.payment_method.billing_details.name == "Ada"
    assert paid.latest_charge.balance_transaction.amount == 1000
    later = client.v1.payment_intents.create({"amount": 700, "currency": "usd"})
    done = client.v1.payment_intents.confirm(later.id, {
        "payment_method_data": {"type": "card", "card": card(next(GOOD))}, "return_url": "https://example.com"})
    assert done.status == "succeeded"
    kept = client.v1.setup_intents.create({
        "payment_method_data": {"type": "card", "card": card(next(GOOD))}, "confirm": True,
        "return_url": "https://example.com", "usage": "off_session"})
    assert kept.status == "succeeded"
    customers = [client.v1.customers.create({"name": f"C{at}"}).id for at in range(3)]
    listed = [one.id for one in client.v1.customers.list({"limit": 2}).auto_paging_iter()]
    assert set(customers) <= set(listed)
    client.v1.payment_methods.attach(method.id, {"customer": customers[0]})
    assert [one.id for one in client.v1.customers.payment_methods.list(customers[0]).data] == [method.id]
    assert client.v1.refunds.create({"payment_intent": done.id}).status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError, match="No such"):
        client.v1.payment_intents.retrieve("pi_nope")
    with pytest.raises(stripe.CardError) as declined:
        pay(client, payment_method_data={"type": "card", "card": card("4000000000000002")})
    assert declined.value.code == "card_declined"
    with pytest.raises(stripe.CardError) as mistyped:
        pay(client, payment_method_data={"type": "card", "card": card("4242424242424241")})
    assert mistyped.value.code == "incorrect_number"


def test_files_pass_both_ways(client: stripe.StripeClient) -> None:
    png = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 400
    proof = io.BytesIO(png)
    proof.name = "proof.png"
    made = client.v1.files.create({"purpose": "dispute_evidence", "file": proof})
    assert made.size == len(png)
    link = client.v1.file_links.create({"file": made.id})
    assert link.url
    assert httpx2.get(link.url, trust_env=False).content == png


def test_a_customers_card_goes_in_where_customers_take_cards(http: httpx2.Client) -> None:
    customer = http.post("/v1/customers").json()["id"]
    for path in ("/v1/charges", f"/v1/customers/{customer}/sources", "/v1/customers"):
        shown = next(GOOD)
        form = {"amount": "900", "currency": "usd"} if path == "/v1/charges" else {}
        answer = http.post(path, data=form | {"source[object]": "card"} | flat("source", card(shown)))
        assert shown not in answer.text
        if answer.status_code == 200 and path == "/v1/charges":
            assert answer.json()["payment_method_details"]["card"]["last4"] == shown[-4:]
        else:  # what the API does not take it says by name, with the token that stands for the card at most
            assert answer.status_code in (200, 400, 404), answer.text


@pytest.mark.parametrize("encode", ["form", "json"])
def test_a_repeated_request_is_the_same_and_another_card_is_not(http: httpx2.Client, encode: str) -> None:
    shown = next(GOOD)
    key = {"Idempotency-Key": f"one-address-{encode}"}

    def ask(of: str) -> httpx2.Response:
        form = {"amount": "1100", "currency": "usd", "confirm": "true", "return_url": "https://example.com",
                "payment_method_data[type]": "card", **flat(DATA, card(of))}
        tree = {"amount": 1100, "currency": "usd", "confirm": True, "return_url": "https://example.com",
                "payment_method_data": {"type": "card", "card": card(of)}}
        return http.post("/v1/payment_intents", headers=key, **({"data": form} if encode == "form" else {"json": tree}))

    first, again, other = ask(shown), ask(shown), ask(number())
    assert (first.status_code, first.json()["status"]) == (200, "succeeded")
    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Original-Request"] == first.headers["Request-Id"]
    assert (other.status_code, other.json()["error"]["type"]) == (400, "idempotency_error")


@pytest.mark.parametrize(("path", "form"), [("/v1/payment_methods", {"type": "card"}), ("/v1/tokens", {})])
def test_a_repeated_card_is_kept_once(http: httpx2.Client, path: str, form: dict[str, str]) -> None:
    shown, key = number(), {"Idempotency-Key": f"kept-once-{path}"}
    ids = clients.parallel(6, lambda _: http.post(path, data=form | flat("card", card(shown)), headers=key).json())
    assert len({one["id"] for one in ids}) == 1
    other = http.post(path, data=form | flat("card", card()), headers=key)
    assert other.json()["error"]["type"] == "idempotency_error"


def test_a_repeated_name_of_a_test_card_makes_one_method(http: httpx2.Client) -> None:
    key = {"Idempotency-Key": "kept-once-by-name"}
    form = {"type": "card", "card[token]": "tok_visa"}
    first, again = (http.post("/v1/payment_methods", data=form, headers=key).json()["id"] for _ in range(2))
    assert first == again
    assert http.post("/v1/payment_methods", data=form).json()["id"] != first


def test_the_code_of_a_card_leaves_no_trace_in_its_name(http: httpx2.Client) -> None:
    """An id that followed from the code would be a code that is kept: whoever has the key tries a thousand."""
    form = flat("card", card())
    ids = {http.post("/v1/tokens", data=form | {"card[cvc]": code},
                     headers={"Idempotency-Key": "code"}).json()["id"] for code in ("111", "222")}
    assert len(ids) == 1


def test_a_token_of_the_vault_becomes_a_method_there(http: httpx2.Client) -> None:
    shown = number()
    token = http.post("/v1/tokens", data=flat("card", card(shown))).json()["id"]
    method = http.post("/v1/payment_methods", data={"type": "card", "card[token]": token}).json()
    assert method["card"]["last4"] == shown[-4:]
    again = http.post("/v1/payment_methods", data={"type": "card", "card[token]": token})
    assert again.json()["error"]["code"] == "token_already_used"


def test_the_key_may_be_a_parameter_where_shoppers_ask(stack: Stack) -> None:
    with httpx2.Client(base_url=base(stack), timeout=60, trust_env=False) as anyone:
        for path, form in (("/v1/payment_methods", {"type": "card"}), ("/v1/tokens", {})):
            made = anyone.post(path, data=form | flat("card", card()) | {"key": stack.publishable_key})
            assert made.status_code == 200, made.text
            refused = anyone.post(path, data=form | flat("card", card()) | {"key": stack.secret_key})
            assert refused.status_code == 401
            assert stack.secret_key not in refused.text


def test_headers_pass_both_ways(http: httpx2.Client, stack: Stack) -> None:
    answer = http.get("/v1/balance", headers={"Stripe-Version": "2023-10-16", "Accept-Encoding": "identity"})
    assert answer.headers["Stripe-Version"] == "2023-10-16"
    assert re.fullmatch(r"req_\w+", answer.headers["Request-Id"])
    with clients.http(stack) as direct:
        assert set(answer.headers) == set(direct.get("/v1/balance", headers={
            "Stripe-Version": "2023-10-16", "Accept-Encoding": "identity"}).headers)
    refused = http.get("/v1/nothing/at/all?x=%2F")
    assert (refused.status_code, refused.json()["error"]["type"]) == (404, "invalid_request_error")
    assert http.request("OPTIONS", "/v1/payment_intents").status_code == 204
    assert http.delete("/v1/customers/cus_none").status_code == 404


@pytest.mark.parametrize("place", [
    "metadata[note]", "description", "payment_method_options[card][number]", "shipping[name]", "{}", "card[number]",
    "payment_method_data[card][name]", "payment_method_data[billing_details][name]", "payment_method_data[number]"])
@pytest.mark.parametrize("written", ["{}", "my card {}!", "4000-0078-4012-3456"])
def test_a_number_anywhere_else_is_refused_before_the_api_sees_it(http: httpx2.Client, place: str,
                                                                  written: str) -> None:
    shown = number()
    value = written.format(shown)
    name = value if place == "{}" else place
    forms: list[Callable[[], httpx2.Response]] = [
        lambda: http.post("/v1/payment_intents", data={"amount": "500", "currency": "usd", name: value}),
        lambda: http.post("/v1/payment_intents", content=json.dumps({"amount": 500, "a": [{name: value}]}),
                          headers={"Content-Type": "application/json"})]
    for ask in forms if luhn(re.sub(r"\D", "", value)) else []:
        answer = ask()
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "parameter_invalid_card_number")
        assert shown not in answer.text


def test_the_apis_own_address_refuses_and_names_this_one(stack: Stack) -> None:
    with clients.http(stack) as direct:
        answer = direct.post("/v1/payment_intents", data={
            "amount": "500", "currency": "usd", "payment_method_data[type]": "card",
            **flat(DATA, card("4242424242424242"))})
    assert answer.json()["error"]["code"] == "card_number_not_allowed_here"
    assert f":{stack.vault_port}" in answer.json()["error"]["message"]


def test_the_body_is_bounded(http: httpx2.Client) -> None:
    answer = http.post("/v1/customers", content=urlencode({"description": "x" * 1_000_001}),
                       headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "request_too_large")


def test_the_log_of_requests_names_the_client_and_nobody_can_pretend(http: httpx2.Client, stack: Stack) -> None:
    forged = {"X-Forwarded-For": "203.0.113.9", "Farthing-Client": f"handed-on-{b'203.0.113.9'.hex()}.9999999999.abc"}
    with clients.http(stack) as direct:
        asked = [client.get("/v1/balance", headers=forged).headers["Request-Id"] for client in (http, direct)]
    query = "SELECT count(*) FROM pay.request WHERE id = ANY(%s) AND ip = '127.0.0.1'"
    until = time.monotonic() + 30
    while clients.count(stack, query, asked) < 2:
        assert time.monotonic() < until
        time.sleep(0.2)


@pytest.mark.parametrize("path", [
    "/v1/../login", "/v1/..", "/v1/../", "/v9/../login", "/v1/a/../../login", "/v1/./../login", "/v1/%2e%2e/login",
    "/v1/..%2flogin", "/v1/.%2e/test/developers", "/v1/x/../balance", "/v1/../v1/balance"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_path_leads_out_of_the_api(stack: Stack, method: str, path: str) -> None:
    with closing(HTTPConnection("127.0.0.1", stack.vault_port, timeout=30)) as line:
        line.request(method, path, headers={"Authorization": f"Bearer {stack.secret_key}"})
        answer = line.getresponse()
        told = answer.read()
    assert (answer.status, json.loads(told)["error"]["type"]) == (404, "invalid_request_error")
    assert answer.getheader("set-cookie") is None


def test_what_one_client_is_told_to_keep_no_other_one_sends(stack: Stack) -> None:
    """The line to the API is everybody's: a cookie that it kept would sign strangers in."""
    settings = Settings(_env_file=None).model_copy(update={"api_internal": stack.api_base})

    async def ask() -> list[tuple[int, list[bytes]]]:
        line, seen = ApiLine(settings, b"-" * 32), []
        person = {name: stack.values[f"portal_{name}"] for name in ("email", "password")}
        headers = [(b"content-type", b"application/x-www-form-urlencoded"), (b"sec-fetch-site", b"same-origin")]
        for path, form in (("/login", person), ("/test/developers", {})):
            scope = {"type": "http", "method": "POST" if form else "GET", "path": path, "query_string": b"",
                     "headers": headers}
            answer = await line.send(Request(scope), urlencode(form).encode())
            seen.append((answer.status_code, [name for name, _ in answer.raw_headers if name == b"set-cookie"]))
            async for _ in answer.body_iterator:
                pass
        await line.close()
        return seen

    assert asyncio.run(ask()) == [(303, []), (303, [])]  # signed in; and the next one is asked to sign in


@pytest.mark.parametrize(("name", "status"), [
    ("User-Agent", 200), ("X-Foo", 200), ("Referer", 200), ("Accept-Language", 200), ("Stripe-Version", 400),
    ("Stripe-Account", 400), ("Authorization", 401)])
def test_numbers_in_headers_go_no_further(stack: Stack, http: httpx2.Client, name: str, status: int) -> None:
    shown = number()
    value = f"Basic {b64encode(f'{shown}:'.encode()).decode()}" if name == "Authorization" else f"a {shown}"
    answer = http.get("/v1/balance", headers={name: value})
    assert (answer.status_code, shown in answer.text) == (status, False)


def test_no_other_process_ever_has_a_number(stack: Stack, http: httpx2.Client, client: stripe.StripeClient) -> None:
    """After all of the above and some more, neither the web process, nor the worker, nor Redis, nor a log, nor the
    database has one of the numbers."""
    for _ in range(20):
        with pytest.raises(stripe.CardError):
            pay(client, payment_method_data={"type": "card", "card": card()})
        http.post("/v1/payment_intents", data={"amount": "500", "currency": "usd", "description": number()})
        http.get(f"/v1/customers/{number()}")
        http.get(f"/v1/customers?email={number()}")
        http.post("/v1/customers", headers={"Idempotency-Key": number()})
        http.post(f"/v1/payment_methods?x={number()}", data={"type": "us_bank_account"})
        http.post("/v1/payment_methods", data={"type": "sepa_debit"}, headers={"Idempotency-Key": number()})
        http.post("/v1/files", data={"purpose": number()})
        http.get("/v1/balance", headers={"User-Agent": number(), "X-Foo": number(), "Referer": number()})
        http.post("/v1/customers", content=f"{number()}=%ff&", headers={
            "Content-Type": "application/x-www-form-urlencoded"})
    sent = re.compile(BODY.encode() + rb"[0-9]{5}")
    for name in ("web", "worker"):
        assert not list(_memory(stack.pid(name), sent)), name
    for log in sorted(stack.places.log("web").parent.glob("*.log*")):
        assert not sent.search(log.read_bytes()), log
    with redis.Redis.from_url(stack.redis_url) as queue:
        assert not [key for key in queue.scan_iter() if sent.search(key)]
    with clients.superuser(stack) as link:
        tables = [row[0] for row in link.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables "
            "WHERE schemaname IN ('pay', 'core', 'vault')")]
        for table in tables:
            found = link.execute(f"SELECT count(*) FROM {table} t WHERE t::text LIKE '%{BODY}%'").fetchone()
            assert found
            assert found[0] == 0, table


def test_the_vault_forgets_what_it_was_told(stack: Stack, http: httpx2.Client, client: stripe.StripeClient) -> None:
    """Some seconds after the last of many cards, sealed and sent as forms and as JSON, good and refused, its memory
    holds none of their numbers, and so no form in which a security code would stand beside one."""
    with pytest.raises(stripe.CardError):  # it went to the issuer, who knows no such card
        pay(client, payment_method_data={"type": "card", "card": card()})
    for given in ({"data": {f"card[{name}]": value for name, value in card().items()}}, {"json": {"card": card()}},
                  {"json": {"card": card() | {"exp_year": "1999"}}}, {"content": f"card[number]={number()}&%ff"}):
        http.post("/v1/tokens", **given)
    # …00001 is one of the published test cards, which the vault knows by heart
    sent, until = re.compile(BODY.encode() + rb"(?!00001)[0-9]{5}"), time.monotonic() + 40
    while left := list(_memory(stack.pid("vault"), sent)):
        assert time.monotonic() < until, f"{len(left)} of {len(set(left))} numbers"
        http.post("/v1/tokens", json={"card": card(next(GOOD))})  # takes the place of the last one on the stack
        time.sleep(1)


def _memory(pid: int, wanted: "re.Pattern[bytes]") -> Iterator[bytes]:
    """What is found in the writable memory of a process."""
    with Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, rights = line.split()[:2]
            if not rights.startswith("rw"):
                continue
            start, end = (int(one, 16) for one in span.split("-"))
            try:
                memory.seek(start)
                yield from wanted.findall(memory.read(end - start))
            except (OSError, ValueError):
                continue
