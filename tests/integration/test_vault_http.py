"""The vault's HTTP door: cards in by API and by checkout form, errors by name, CORS, limits, and silent logs."""

import base64
import re
from collections.abc import AsyncIterator, Iterator
from urllib.parse import parse_qs, urlsplit

import httpx2
import psycopg
import pytest

from backend.crypto import sign_token
from tests.stack import Schema
from tests.vaults import PUBLISHABLE_KEY, SECRET_KEY, Vault, vault_over

NUMBER = "4242424242424242"
CARD = {"type": "card", "card[number]": NUMBER, "card[exp_month]": "12", "card[exp_year]": "2034", "card[cvc]": "917"}
FORM = {"cardNumber": "4242 4242 4242 4242", "cardExpiry": "12 / 34", "cardCvc": "917", "billingName": "Ada Example",
        "billingCountry": "US", "billingPostalCode": "12345", "email": "ada@example.com"}
BY_KEY = {"Authorization": f"Bearer {PUBLISHABLE_KEY}"}
BY_SERVER = {"Authorization": f"Bearer {SECRET_KEY}"}


@pytest.fixture(scope="module")
def vault(postgres: Schema) -> Iterator[Vault]:
    with vault_over(postgres) as made:
        made.start()
        yield made


@pytest.fixture
async def http(vault: Vault) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=vault.http, trust_env=False, follow_redirects=False) as client:
        yield client


async def create(http: httpx2.AsyncClient, headers: dict[str, str] = BY_KEY, **other: str | None) -> httpx2.Response:
    """POST the good card with some parameters changed; None leaves one out."""
    form = {name: value for name, value in (CARD | other).items() if value is not None}
    return await http.post("/v1/payment_methods", data=form, headers=headers)


async def test_a_card_becomes_a_payment_method(http: httpx2.AsyncClient) -> None:
    answer = await create(http, BY_SERVER, **{
        "billing_details[name]": "Ada", "billing_details[address][postal_code]": "12345",
        "metadata[order]": "7", "allow_redisplay": "always", "expand[]": "customer"})
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert made["id"].startswith("pm_")
    assert (made["object"], made["type"], made["livemode"], made["customer"]) == ("payment_method", "card", False, None)
    assert made["billing_details"] == {
        "address": {"city": None, "country": None, "line1": None, "line2": None, "postal_code": "12345", "state": None},
        "email": None, "name": "Ada", "phone": None, "tax_id": None}
    assert made["metadata"] == {"order": "7"}
    assert made["allow_redisplay"] == "always"
    card = made["card"]
    assert (card["brand"], card["last4"], card["exp_month"], card["exp_year"]) == ("visa", "4242", 12, 2034)
    assert set(card) == {"brand", "checks", "country", "display_brand", "exp_month", "exp_year", "fingerprint",
                         "funding", "generated_from", "last4", "networks", "regulated_status",
                         "three_d_secure_usage", "wallet"}
    assert card["networks"] == {"available": ["visa"], "preferred": None}
    assert NUMBER not in answer.text
    assert "917" not in answer.text


async def test_a_browser_gets_no_more_than_a_shopper_may_see(http: httpx2.AsyncClient) -> None:
    answer = await create(http, **{"metadata[order]": "7", "billing_details[name]": "Ada"})
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert set(made) == {"id", "object", "created", "livemode", "allow_redisplay", "billing_details", "type", "card"}
    assert set(made["card"]) == {"brand", "country", "display_brand", "exp_month", "exp_year", "funding", "last4",
                                 "networks", "three_d_secure_usage", "wallet"}


@pytest.mark.parametrize("scheme", ["bearer", "basic"])
@pytest.mark.parametrize("key", [SECRET_KEY, PUBLISHABLE_KEY])
async def test_either_key_opens_the_door_either_way(http: httpx2.AsyncClient, key: str, scheme: str) -> None:
    basic = base64.b64encode(f"{key}:".encode()).decode()
    answer = await create(http, {"Authorization": f"Bearer {key}" if scheme == "bearer" else f"Basic {basic}"})
    assert answer.status_code == 200


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer nonsense", "Basic !!!", "Bearer sk_test_unknown",
                                    f"Bearer {PUBLISHABLE_KEY}x", "Digest x"])
async def test_without_a_good_key_nothing_is_kept(http: httpx2.AsyncClient, header: str | None) -> None:
    answer = await create(http, {"Authorization": header} if header is not None else {})
    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert PUBLISHABLE_KEY not in answer.text


async def test_an_expired_key_says_so(http: httpx2.AsyncClient, vault: Vault) -> None:
    import hashlib

    key = "pk_test_" + "e" * 40
    with psycopg.connect(vault.urls.owner) as link:
        link.execute("INSERT INTO core.api_key (id, env, kind, hash, prefix, last4, expires_at) VALUES ('key_old', %s, "
                     "'publishable', %s, '', '', now() - interval '1 s')",
                     (vault.env, hashlib.sha256(key.encode()).digest()))
    answer = await create(http, {"Authorization": f"Bearer {key}"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "api_key_expired")


async def test_a_secret_key_in_a_browser_is_refused_and_says_why(http: httpx2.AsyncClient) -> None:
    answer = await create(http, {"Authorization": f"Bearer {SECRET_KEY}", "Origin": "https://shop.example"})
    assert answer.status_code == 401
    assert "browser" in answer.json()["error"]["message"]
    assert (await create(http, BY_KEY | {"Origin": "https://shop.example"})).status_code == 200


CARD_ERRORS = [
    ({"card[number]": "4242424242424241"}, "incorrect_number", "number"),
    ({"card[number]": "4242-abcd"}, "invalid_number", "number"),
    ({"card[exp_month]": "13"}, "invalid_expiry_month", "exp_month"),
    ({"card[exp_year]": "1999"}, "invalid_expiry_year", "exp_year"),
    ({"card[exp_year]": "2099"}, "invalid_expiry_year", "exp_year"),
    ({"card[cvc]": "99"}, "invalid_cvc", "cvc"),
    ({"card[number]": "378282246310005", "card[cvc]": "123"}, "invalid_cvc", "cvc"),
]


@pytest.mark.parametrize(("other", "code", "param"), CARD_ERRORS)
async def test_a_bad_card_is_a_card_error(http: httpx2.AsyncClient, other: dict[str, str], code: str,
                                          param: str) -> None:
    answer = await create(http, **other)
    error = answer.json()["error"]
    assert (answer.status_code, error["type"], error["code"], error["param"]) == (402, "card_error", code, param)
    assert error["doc_url"].endswith(code)


REQUEST_ERRORS = [
    ({"type": None}, "parameter_missing", "type"),
    ({"type": "sepa_debit"}, "parameter_invalid_enum", "type"),
    ({"card[number]": None}, "parameter_missing", "card[number]"),
    ({"card[exp_year]": None}, "parameter_missing", "card[exp_year]"),
    ({"card[number]": ""}, "parameter_invalid_empty", "card[number]"),
    ({"card[cvc]": " "}, "parameter_invalid_empty", "card[cvc]"),
    ({"card[exp_month]": "1.5"}, "parameter_invalid_integer", "card[exp_month]"),
    ({"card[exp_month]": "-1"}, "parameter_invalid_integer", "card[exp_month]"),
    ({"card[exp_year]": "२०३४"}, "parameter_invalid_integer", "card[exp_year]"),
    ({"amount": "100"}, "parameter_unknown", "amount"),
    ({"allow_redisplay": "sometimes"}, "parameter_invalid_enum", "allow_redisplay"),
    ({"card[networks][preferred]": "amex"}, "parameter_invalid_enum", "card[networks][preferred]"),
    ({"card[networks][preferred][0]": "visa"}, "parameter_invalid_string", "card[networks][preferred]"),
    ({"card[exp_month]": "100"}, "parameter_invalid_integer", "card[exp_month]"),
    ({"billing_details[email]": "ada"}, "email_invalid", "billing_details[email]"),
    ({"billing_details[name]": "x" * 501}, "parameter_invalid_string_length", "billing_details[name]"),
    ({"expand": "customer"}, "parameter_invalid_array", "expand"),
    ({"metadata[x]": "y" * 501}, "parameter_invalid_string_length", "metadata[x]"),
    ({"metadata[" + "x" * 41 + "]": "y"}, "parameter_invalid_string_length", f"metadata[{'x' * 40}]"),
    ({"billing_details[name]": "a\x00b"}, "parameter_invalid_string", "billing_details[name]"),
]


@pytest.mark.parametrize(("other", "code", "param"), REQUEST_ERRORS)
async def test_a_bad_request_names_its_parameter(http: httpx2.AsyncClient, other: dict[str, str | None],
                                                 code: str | None, param: str) -> None:
    answer = await create(http, **other)
    error = answer.json()["error"]
    assert (answer.status_code, error["type"], error.get("code"), error["param"]) == (
        400, "invalid_request_error", code, param)


async def test_a_misspelt_parameter_gets_a_hint(http: httpx2.AsyncClient) -> None:
    answer = await create(http, **{"card[exp_mont]": "12"})
    assert answer.json()["error"]["message"] == (
        "Received unknown parameter: card[exp_mont]. Did you mean card[exp_month]?")


async def test_the_same_parameter_twice_is_refused(http: httpx2.AsyncClient) -> None:
    answer = await http.post("/v1/payment_methods", content=b"type=card&type=card", headers=BY_KEY | {
        "Content-Type": "application/x-www-form-urlencoded"})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "type")


@pytest.mark.parametrize("place", ["metadata[note]", "billing_details[name]", "billing_details[address][line1]"])
async def test_a_card_number_in_a_free_text_is_refused_and_not_echoed(http: httpx2.AsyncClient, place: str) -> None:
    answer = await create(http, **{place: "my card is 5555 5555 5555 4444"})
    assert answer.status_code == 400
    assert "5555" not in answer.text


async def test_a_card_number_as_a_name_is_not_echoed(http: httpx2.AsyncClient) -> None:
    answer = await create(http, **{"5555555555554444": "1"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "parameter_invalid_card_number")
    assert "5555" not in answer.text


@pytest.mark.parametrize("other", [
    {"card[exp_month]": "917 731"}, {"card[exp_year]": "true"}, {"allow_redisplay": "917 731"}, {"type": "917 731"},
    {"billing_details[email]": "917 731"}, {"billing_details[name]": "917 731\x00"}, {"expand[0][a]": "917 731"},
    {"card[networks][preferred]": "917 731"}, {"metadata[a]": "917 731" * 99}, {"card[number]": "917 731"}])
async def test_what_was_typed_in_the_wrong_place_is_not_repeated(http: httpx2.AsyncClient,
                                                                 other: dict[str, str]) -> None:
    answer = await create(http, **other)
    assert answer.status_code in (400, 402)
    assert "731" not in answer.text.partition("doc_url")[0]


async def test_a_number_in_the_address_is_refused(http: httpx2.AsyncClient) -> None:
    for path in ("/v1/payment_methods", "/v1/tokens"):
        answer = await http.post(f"{path}?card[number]={NUMBER}", headers=BY_KEY, data={"type": "card"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "parameter_invalid_card_number")
        assert NUMBER not in answer.text


async def test_an_idempotency_key_is_what_it_is_at_the_api(http: httpx2.AsyncClient) -> None:
    for key, code in (("k" * 256, "idempotency_key_invalid"), ("", "idempotency_key_invalid"),
                      ("5555555555554444", "parameter_invalid_card_number")):
        answer = await create(http, BY_SERVER | {"Idempotency-Key": key})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
        assert answer.headers["Stripe-Should-Retry"] == "false"


async def test_a_body_is_read_as_at_the_api(http: httpx2.AsyncClient) -> None:
    card = {"number": NUMBER, "exp_month": 12, "exp_year": 2034, "cvc": "917", "networks": {}}
    made = await http.post("/v1/payment_methods", json={"type": "card", "card": card}, headers=BY_SERVER)
    assert (made.status_code, made.json()["card"]["last4"]) == (200, "4242"), made.text
    plain = "&".join(f"{name}={value}" for name, value in CARD.items())
    assert (await http.post("/v1/payment_methods", content=plain, headers=BY_SERVER)).status_code == 200
    named = await http.post("/v1/payment_methods?expand[]=customer&metadata[a]=b", data=CARD, headers=BY_SERVER)
    assert named.json()["metadata"] == {"a": "b"}
    for content, kind, says in (('{"card": {"cvc": "1"}, "card": {}}', "application/json", "more than once"),
                                ("[1]", "application/json", "must be a JSON object"),
                                ("type=card", "text/plain", "not as text/plain")):
        answer = await http.post("/v1/payment_methods", content=content,
                                 headers=BY_SERVER | {"Content-Type": kind})
        assert answer.status_code == 400
        assert says in answer.json()["error"]["message"]


@pytest.mark.parametrize("body", [b"\xff\xfe=1", b"%ff=1", b"&".join(b"a=1" for _ in range(1001))])
async def test_a_body_that_is_no_form_is_refused(http: httpx2.AsyncClient, body: bytes) -> None:
    answer = await http.post("/v1/payment_methods", content=body, headers=BY_KEY | {
        "Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 400


async def test_a_large_body_is_refused_with_and_without_its_length(http: httpx2.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(70):
            yield b"a" * 1024

    for content in (b"a" * 70_000, chunks()):
        answer = await http.post("/v1/payment_methods", content=content, headers=BY_KEY | {
            "Content-Type": "application/x-www-form-urlencoded"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "request_too_large")


async def test_a_token_of_a_test_card_makes_a_payment_method(http: httpx2.AsyncClient) -> None:
    form = {"type": "card", "card[token]": "tok_mastercard_debit"}
    card = (await http.post("/v1/payment_methods", data=form, headers=BY_KEY)).json()["card"]
    assert (card["brand"], card["funding"], card["last4"]) == ("mastercard", "debit", "8210")
    unknown = await http.post("/v1/payment_methods", data=form | {"card[token]": "tok_nothing"}, headers=BY_KEY)
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (400, "resource_missing")


async def test_a_co_branded_card_offers_both_networks(http: httpx2.AsyncClient) -> None:
    answer = await create(http, **{"card[number]": "4000002500001001",
                                   "card[networks][preferred]": "cartes_bancaires"})
    card = answer.json()["card"]
    assert card["networks"] == {"available": ["cartes_bancaires", "visa"], "preferred": "cartes_bancaires"}
    assert (card["brand"], card["display_brand"], card["country"]) == ("visa", "cartes_bancaires", "FR")


async def test_any_page_may_post_a_card_but_without_cookies(http: httpx2.AsyncClient) -> None:
    before = await http.options("/v1/payment_methods", headers={"Origin": "https://shop.example"})
    assert before.status_code == 204
    assert "Authorization" in before.headers["access-control-allow-headers"]
    for answer in (before, await create(http), await create(http, {})):
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers


async def test_the_address_says_what_it_is_for(http: httpx2.AsyncClient) -> None:
    answer = await http.get("/")
    assert answer.status_code == 200
    assert "card numbers" in answer.json()["about"]
    assert answer.json()["api"].startswith("http://localhost:")
    assert answer.json()["documentation"].endswith("/docs/card-numbers-from-your-server")
    assert (await http.post("/")).status_code == 404


@pytest.mark.parametrize("path", ["/v1", "/v1x/customers", "/login", "/docs", "/metrics"])
async def test_there_is_nothing_else_here(http: httpx2.AsyncClient, path: str) -> None:
    answer = await http.get(path)
    assert answer.status_code == 404
    assert answer.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("path", ["/v1/payment_intents", "/v1/payment_methods/pm_1"])
async def test_the_rest_of_the_api_is_said_to_be_away_when_it_is(http: httpx2.AsyncClient, path: str) -> None:
    answer = await http.get(path, headers=BY_SERVER)
    assert answer.status_code == 503
    assert answer.json()["error"]["type"] == "api_error"
    assert "Nothing was done" in answer.json()["error"]["message"]


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/nothing", "/v1/payment_methods"])
async def test_every_answer_has_the_safe_headers(http: httpx2.AsyncClient, path: str) -> None:
    headers = (await http.get(path)).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "strict-transport-security" not in headers
    assert "server" not in headers


async def test_health_and_readiness_answer(http: httpx2.AsyncClient) -> None:
    assert (await http.get("/healthz")).json() == {"status": "ok"}
    assert (await http.get("/readyz")).status_code == 200


# ---- the hosted checkout's form


def session_token(vault: Vault, session: str = "cs_test_abc", seconds: int = 60) -> str:
    return sign_token(vault.settings.secret("checkout"), f"{vault.env}:{session}", seconds)


async def submit(http: httpx2.AsyncClient, token: str, accept: str, **other: str) -> httpx2.Response:
    return await http.post("/checkout/card", data=FORM | {"session_token": token} | other, headers={"Accept": accept})


async def test_the_checkouts_script_gets_a_token(http: httpx2.AsyncClient, vault: Vault) -> None:
    answer = await submit(http, session_token(vault), "application/json")
    assert answer.status_code == 200, answer.text
    made = answer.json()["payment_method"]
    assert made == {"id": made["id"], "card": {"brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2034}}
    assert answer.headers["access-control-allow-origin"] == vault.settings.pay_base
    before = await http.options("/checkout/card", headers={"Origin": "https://evil.example"})
    assert before.headers["access-control-allow-origin"] == vault.settings.pay_base


async def test_the_card_knows_its_account_and_its_payers_address(http: httpx2.AsyncClient, vault: Vault) -> None:
    by_form = (await submit(http, session_token(vault), "application/json")).json()["payment_method"]["id"]
    by_api = (await create(http, BY_SERVER)).json()
    with psycopg.connect(vault.urls.owner) as link:
        link.execute("SELECT set_config('app.env', %s, false)", (str(vault.env),))
        row = link.execute("SELECT fingerprint, billing_details->'address'->>'postal_code', billing_details->>'email' "
                           "FROM vault.card WHERE token = %s", (by_form,)).fetchone()
    assert row == (by_api["card"]["fingerprint"], "12345", "ada@example.com")


async def test_without_a_script_the_payer_is_sent_back_with_the_token(http: httpx2.AsyncClient, vault: Vault) -> None:
    answer = await submit(http, session_token(vault), "text/html,*/*")
    assert answer.status_code == 303
    target = urlsplit(answer.headers["location"])
    assert f"{target.scheme}://{target.netloc}" == vault.settings.pay_base
    assert target.path == "/c/cs_test_abc/pay"
    assert parse_qs(target.query)["payment_method"][0].startswith("pm_")


@pytest.mark.parametrize(("other", "code", "param"), [
    ({"cardNumber": "4242424242424241"}, "incorrect_number", "cardNumber"),
    ({"cardExpiry": "13/34"}, "invalid_expiry_month", "cardExpiry"),
    ({"cardExpiry": "12/20"}, "invalid_expiry_year", "cardExpiry"),
    ({"cardCvc": "12"}, "invalid_cvc", "cardCvc"),
    ({"cardCvc": ""}, "parameter_invalid_empty", "cardCvc"),
])
async def test_a_mistyped_card_is_told_by_field_either_way(http: httpx2.AsyncClient, vault: Vault,
                                                           other: dict[str, str], code: str, param: str) -> None:
    by_script = await submit(http, session_token(vault), "application/json", **other)
    assert by_script.status_code in (400, 402)
    assert (by_script.json()["error"]["code"], by_script.json()["error"]["param"]) == (code, param)
    by_form = await submit(http, session_token(vault), "text/html", **other)
    target = urlsplit(by_form.headers["location"])
    assert (by_form.status_code, target.path) == (303, "/c/cs_test_abc")
    assert parse_qs(target.query) == {"error": [code], "param": [param]}
    assert other.get("cardNumber", "-") not in by_form.headers["location"]


async def test_a_forged_or_old_session_token_is_refused(http: httpx2.AsyncClient, vault: Vault) -> None:
    good = session_token(vault)
    forged = sign_token(b"x" * 32, f"{vault.env}:cs_test_abc", 60)
    elsewhere = sign_token(vault.settings.secret("portal"), f"{vault.env}:cs_test_abc", 60)
    moved = good.replace(f"{vault.env}:", f"{vault.env + 1}:", 1)
    strange = sign_token(vault.settings.secret("checkout"), "1:../../evil", 60)
    for token in (forged, elsewhere, moved, strange, session_token(vault, seconds=-1), good + "0", "x", "a.b.c"):
        answer = await submit(http, token, "application/json")
        assert (answer.status_code, answer.json()["error"]["param"]) == (403, "session_token"), token
        assert (await submit(http, token, "text/html")).status_code == 400


async def test_nothing_of_a_card_reaches_the_log(http: httpx2.AsyncClient, vault: Vault) -> None:
    await create(http)
    await create(http, **{"card[number]": "5555555555554445"})
    await create(http, **{"card[exp_month]": "5555555555554444"})
    await create(http, **{"5555555555554444": "1"})
    await http.post("/v1/payment_methods?card[number]=4000056655665556", data=CARD, headers=BY_KEY)
    await http.get("/4000056655665556")
    await submit(http, session_token(vault), "application/json", cardCvc="9173")
    log = vault.log()
    assert '"path":"/v1/payment_methods"' in log
    for secret in (NUMBER, "4242 4242", "5555555555554445", "5555555555554444", "4000056655665556",
                   SECRET_KEY, PUBLISHABLE_KEY, "Ada Example"):
        assert secret not in log
    assert not re.search(r"(?<![0-9A-Za-z.])9173?(?![0-9A-Za-z])", log)  # alone, not inside an id or a time
