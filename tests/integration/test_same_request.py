"""One idempotency key: the same parameters, however they are written, are the same request; others never are."""

import hashlib
import json
import uuid
from urllib.parse import quote

import httpx2
import pytest

from tests.conformance import clients

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
DEEP = "invoice_settings.default_payment_method"
PAIRS = [
    ("email=a@x.example", "email=a%40x.example"), ("name=a+b", "name=a%20b"), ("name=%7e", "name=~"),
    ("preferred_locales[]=de&preferred_locales[]=en", "preferred_locales[0]=de&preferred_locales[1]=en"),
    ("preferred_locales[0]=de&preferred_locales[1]=en", "preferred_locales[4]=de&preferred_locales[7]=en"),
    ("name=a&email=a@x.example", "email=a@x.example&name=a"), ("address%5Bcity%5D=Oslo", "address[city]=Oslo"),
    ("metadata[a]=1&metadata[b]=2", "metadata[b]=2&metadata[a]=1"),
    (f"name=a&expand[]={DEEP}", f"expand[0]={DEEP}&name=a"),
    ("next_invoice_sequence=7", "next_invoice_sequence=007"), ("name=a", "&name=a&"), ("name=%C3%A9", "name=é"),
    ('{"name": "a", "email": "a@x.example"}', '{"email":"a@x.example","name":"\\u0061"}'),
    ('{"metadata": {"a": "1", "b": 2}}', '{"metadata": {"b": "2", "a": "1"}}'),
    ("name=a&preferred_locales[]=de", '{"preferred_locales": ["de"], "name": "a"}'),
]
OTHERS = [
    ("name=a", "name=b"), ("name=a", "name=a&phone=1"), ("name=a", "description=a"), ("name=a", "name=A"),
    ("preferred_locales[]=de&preferred_locales[]=en", "preferred_locales[]=en&preferred_locales[]=de"),
    ("metadata[0]=a", "metadata[1]=a"), ("metadata[a]=", "metadata="), ("name=", ""),
    ("name=a", f"name=a&expand[]={DEEP}"),
    ("metadata[a]=1&metadata[b]=2", "metadata[a]=1%26metadata[b]=2"), ("metadata[a]=true", "metadata[a]=True"),
    ("name=a%26email%3Db", "name=a&email=b@x.example"), ('{"name": "a"}', '{"name": "b"}'),
]


@pytest.fixture(scope="module")
def http(stack):
    with clients.http(stack) as opened:
        yield opened


def post(http: httpx2.Client, body: str, key: str, path: str = "/v1/customers") -> httpx2.Response:
    return http.post(path, content=body.encode(), headers={**(JSON if body.startswith("{") else FORM),
                                                           "Idempotency-Key": key})


@pytest.mark.parametrize(("first", "again"), PAIRS)
def test_the_same_parameters_written_otherwise_are_replayed(http, first, again):
    key = str(uuid.uuid4())
    made, replayed = post(http, first, key), post(http, again, key)
    assert made.status_code == 200, made.text
    assert replayed.content == made.content
    assert replayed.headers["idempotent-replayed"] == "true"


@pytest.mark.parametrize(("first", "other"), OTHERS)
def test_other_parameters_are_another_request(http, first, other):
    key = str(uuid.uuid4())
    assert post(http, first, key).status_code == 200
    refused = post(http, other, key)
    assert refused.status_code == 400
    assert refused.json()["error"]["type"] == "idempotency_error"


def test_a_payment_is_taken_once_however_it_is_written(http):
    key = str(uuid.uuid4())
    bodies = ["amount=1000&currency=usd&confirm=true&payment_method=pm_card_visa&description=a+b",
              "description=a%20b&payment_method=pm_card_visa&confirm=True&currency=USD&amount=1000",
              json.dumps({"amount": 1000, "currency": "usd", "confirm": True, "payment_method": "pm_card_visa",
                          "description": "a b"})]
    answers = [post(http, body, key, "/v1/payment_intents") for body in bodies]
    assert {answer.json()["id"] for answer in answers} == {answers[0].json()["id"]}
    assert answers[0].json()["status"] == "succeeded"
    other = post(http, bodies[0].replace("1000", "1001"), key, "/v1/payment_intents")
    assert other.json()["error"]["type"] == "idempotency_error"


@pytest.mark.parametrize(("path", "body"), [
    ("/v1/customers", "name=a%20b&email=x%40y.example"), ("/v1/customers", '{ "name": "a b" }'),
    ("/v1/payment_intents", "currency=usd&amount=1000&description=%61")])
def test_a_key_of_the_release_before_is_still_known(stack, http, path, body):
    """It compared bytes; while processes are replaced one by one, and for three days after, its keys come again."""
    key = str(uuid.uuid4())
    made = post(http, body, key, path)
    before = hashlib.sha256(b"\n".join((b"POST", path.encode(), b"&".join(sorted(
        body.encode().split(b"&"), key=lambda pair: pair.partition(b"=")[0]))))).digest()
    with clients.superuser(stack) as link:
        changed = link.execute("UPDATE pay.idempotency SET request_hash = %s WHERE key = %s AND request_hash <> %s",
                               (before, key, before))
        assert changed.rowcount == 1
    again = post(http, body, key, path)
    assert (again.content, again.headers["idempotent-replayed"]) == (made.content, "true")
    other = post(http, body.replace("usd", "eur").replace("a%20b", "c").replace("a b", "c"), key, path)
    assert other.json()["error"]["type"] == "idempotency_error"


@pytest.mark.parametrize("body", ["name=Ada&email=ada@x.example&metadata[a b]=c", f"name=Ada+B&expand[0]={DEEP}"])
def test_what_the_official_library_writes_has_the_fingerprint_that_it_always_had(stack, http, body):
    """So a process of the release before knows the key, too, while both are at work."""
    key = str(uuid.uuid4())
    sent = "&".join(f"{quote(name, safe='[]').replace('%20', '+')}={value}" for name, _, value in (
        pair.partition("=") for pair in body.replace("@", "%40").split("&")))
    assert post(http, sent, key).status_code == 200
    before = hashlib.sha256(b"\n".join((b"POST", b"/v1/customers", b"&".join(sorted(
        sent.encode().split(b"&"), key=lambda pair: pair.partition(b"=")[0]))))).digest()
    with clients.superuser(stack) as link:
        assert link.execute("SELECT request_hash FROM pay.idempotency WHERE key = %s", (key,)).fetchone() == (before,)


@pytest.mark.parametrize(("method", "path", "query", "body"), [
    ("POST", "/v1/customers", "email=q@example.com", ""), ("POST", "/v1/customers", "email=q@example.com", "name=a"),
    ("POST", "/v1/customers", "email=q@example.com", '{"name": "a"}'),
    ("POST", "/v1/customers", "", "email=q@example.com")])
def test_a_parameter_counts_wherever_it_stands(http, method, path, query, body):
    made = http.request(method, f"{path}?{query}", content=body.encode(),
                        headers=JSON if body.startswith("{") else FORM).json()
    assert made["email"] == "q@example.com"
    assert made["name"] == ("a" if "name" in body else None)


@pytest.mark.parametrize(("method", "path", "query", "body", "param"), [
    ("POST", "/v1/customers", "name=a", "name=b", "name"), ("POST", "/v1/customers", "name=a", '{"name": "a"}', "name"),
    ("POST", "/v1/customers", "nmae=a", "", "nmae"), ("GET", "/v1/customers", "limit=1", "limit=2", "limit"),
    ("GET", "/v1/customers", "", "limt=2", "limt"), ("GET", "/v1/customers", "", '{"limt": 2}', "limt"),
    ("DELETE", "/v1/customers/cus_1", "a=1", "", "a"), ("DELETE", "/v1/customers/cus_1", "", "a=1", "a"),
    ("GET", "/v1/account", "a=1", "", "a"), ("GET", "/v1/account", "", "a=1", "a")])
def test_nothing_is_passed_over(http, method, path, query, body, param):
    refused = http.request(method, f"{path}?{query}", content=body.encode(),
                           headers=JSON if body.startswith("{") else FORM)
    assert refused.status_code == 400, refused.text
    assert refused.json()["error"]["param"] == param


def test_a_list_takes_its_parameters_from_a_body(http):
    assert len(http.request("GET", "/v1/customers", content=b"limit=1", headers=FORM).json()["data"]) == 1


def test_an_upload_takes_parameters_from_the_query(http):
    made = http.post("/v1/files?purpose=dispute_evidence", files={"file": ("a.pdf", b"%PDF-1.7", "application/pdf")})
    assert made.json().get("purpose") == "dispute_evidence", made.text
    refused = http.post("/v1/files?purposes=x", data={"purpose": "dispute_evidence"},
                        files={"file": ("a.pdf", b"%PDF-1.7", "application/pdf")})
    assert refused.json()["error"]["param"] == "purposes"
