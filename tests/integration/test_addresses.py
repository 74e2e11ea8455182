"""Ids of the merchant's choosing in addresses, and paths that are not there: every answer of the API is JSON."""

import socket
import uuid
from urllib.parse import quote, quote_plus

import httpx2
import pytest
import stripe

from tests.conformance import clients

IDS = ["25% off!", "Pro plan $699/month", "a.b", "...", "été ☂ 50%", "a/b/c", "a+b", "%2F", "x?y#z", "search/1", "a;b",
       "日本", "a&b=c", "[0]", "~", "a'b\"c", "\\", "😀", "100%25"]


@pytest.fixture(scope="module")
def client(stack) -> stripe.StripeClient:
    return clients.client(stack)


@pytest.fixture(scope="module")
def http(stack):
    with clients.http(stack) as opened:
        yield opened


@pytest.mark.parametrize("id", IDS)
def test_an_id_of_ones_own_choosing_is_found_by_its_encoded_form(client, http, id):
    mine = f"{id} {uuid.uuid4().hex[:8]}" if id != "..." else f"...{uuid.uuid4().hex[:8]}"
    api = client.v1
    assert api.coupons.create({"id": mine, "percent_off": 10}).id == mine
    assert api.coupons.retrieve(mine).id == mine
    assert api.coupons.update(mine, {"name": "Renamed"}).name == "Renamed"
    for encoded in (quote(mine, safe=""), quote_plus(mine)):
        assert http.get(f"/v1/coupons/{encoded}").json()["id"] == mine
    assert api.promotion_codes.create({"promotion": {"type": "coupon", "coupon": mine}}).promotion.coupon == mine
    assert api.coupons.delete(mine).deleted
    product = api.products.create({"id": mine, "name": "Mug"})
    price = api.prices.create({"product": mine, "currency": "usd", "unit_amount": 500})
    assert (api.products.retrieve(mine).id, price.product, product.id) == (mine, mine, mine)
    assert api.products.update(mine, {"metadata": {"a": "b"}}).metadata["a"] == "b"


@pytest.mark.parametrize("id", ["Pro plan $699/month", "nobody", "25% off!", "a/b/c", "'"])
def test_an_id_that_is_not_there_is_missing(http, id):
    for path in ("coupons", "products"):
        answer = http.get(f"/v1/{path}/{quote_plus(id)}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "resource_missing")
        assert id in answer.json()["error"]["message"]


@pytest.mark.parametrize("id", [".", "..", "search", " a", "a ", "a\nb", "a\x00", "a\u2028b", "x" * 201, "  "])
def test_an_id_that_no_address_can_hold_is_refused(http, id):
    for path, form in (("coupons", {"percent_off": "10"}), ("products", {"name": "Mug"})):
        answer = http.post(f"/v1/{path}", data={**form, "id": id})
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, "id")


def test_one_key_for_two_coupons_is_refused_though_their_addresses_begin_alike(http):
    key = str(uuid.uuid4())
    ids = [f"{key[:8]}?{end}" for end in "ab"]
    for id in ids:
        http.post("/v1/coupons", data={"id": id, "percent_off": "10"})
    first, second = (http.post(f"/v1/coupons/{quote(id)}", data={"name": "n"}, headers={"Idempotency-Key": key})
                     for id in ids)
    assert first.json()["id"] == ids[0]
    assert second.json()["error"]["type"] == "idempotency_error"


@pytest.mark.parametrize("path", [
    "/v1", "/v1/", "/v2", "/v2/core/events", "/v2/core/accounts/acct_1", "/v1/nothing", "/v1/customers/",
    "/V1/customers", "/v3/x", "//v1/customers", "/v1//customers", "/%76%31/customers/x", "/v1/customers%2Fcus_1",
    "/v1/%2e%2e/x", "/v1/../x", "/v1/customers/%ff", "/v1/openapi.json/", "/v1/links/link_1/x", "/v2/", "/healthz/",
    "/v1/x?a=%ff", "/v1/<b>"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "TRACE"])
def test_no_path_of_the_api_answers_html(stack, method, path):
    for host in (f"localhost:{stack.port}", f"pay.localhost:{stack.port}", "evil.example", "<b>", "[", ""):
        status, headers, body = raw(stack, method, path, host)
        assert "html" not in headers, (host, headers)
        assert b"<html" not in body.lower()
        assert 400 <= status < 500, (host, status, body)
        if "content-length: 0" not in headers:
            assert "application/json" in headers, (host, status, headers, body)
            assert b'"error"' in body


def raw(stack, method: str, path: str, host: str) -> tuple[int, str, bytes]:
    """Status, headers and body of a request as it is written here."""
    with socket.create_connection(("127.0.0.1", stack.port), 10) as line:
        line.sendall(f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n"
                     f"Authorization: Bearer {stack.secret_key}\r\nContent-Length: 0\r\n\r\n".encode())
        found = b""
        while chunk := line.recv(65536):
            found += chunk
    head, _, body = found.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), head.decode("latin-1").lower(), body


def test_the_checkout_page_stays_where_it_is(stack):
    answer = httpx2.get(f"{stack.api_base}/", headers={"Host": f"pay.localhost:{stack.port}"}, trust_env=False)
    assert "text/html" in answer.headers["content-type"]
