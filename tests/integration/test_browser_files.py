"""What the vault serves to merchants' pages: the script by each of its addresses, the frames, and their headers."""

import base64
import hashlib
import re
from collections.abc import Iterator

import httpx2
import pytest

from tests.stack import Stack
from vault.browser import FRAMES, TRAINS

ADDRESSES = {"/v3": 3, "/v3/": 3, "/v3/stripe.js": 3,
             **{f"/{train}/stripe.js": train for train in ("acacia", "basil", "clover", "dahlia", "endive")}}


@pytest.fixture(scope="module")
def vault(stack: Stack) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=f"http://127.0.0.1:{stack.vault_port}", trust_env=False,
                       headers={"host": f"js.localhost:{stack.vault_port}"}) as client:
        yield client


def test_one_script_answers_by_every_trains_address(vault: httpx2.Client, stack: Stack) -> None:
    found = {path: vault.get(path) for path in ADDRESSES}
    texts = set()
    for path, answer in found.items():
        assert answer.status_code == 200, path
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["timing-allow-origin"] == "*"
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "public, max-age=300"
        assert stack.values["elements_url"] in answer.text
        assert "@elements@" not in answer.text
        train = "3" if ADDRESSES[path] == 3 else str(ADDRESSES[path])
        texts.add(re.sub(rf'(["\'`]){train}\1', '"train"', answer.text, count=1))
        again = vault.get(path, headers={"if-none-match": answer.headers["etag"]})
        assert again.status_code == 304
    assert len({len(text) for text in texts}) == 1
    assert set(TRAINS) == {str(version) for version in ADDRESSES.values()}
    assert vault.get("/fennel/stripe.js").status_code == 404


def test_every_script_is_listed_with_its_hash_and_kept_for_good(vault: httpx2.Client, stack: Stack) -> None:
    listed = vault.get("/v3/scripts.json").json()
    assert {"v3/stripe.js", "endive/stripe.js", "browser/controller.js", "browser/card.js"} <= listed.keys()
    for name, one in listed.items():
        answer = vault.get(one["url"].removeprefix(stack.values["elements_url"]))
        digest = base64.b64encode(hashlib.sha384(answer.content).digest()).decode()
        assert one["integrity"] == f"sha384-{digest}", name
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["access-control-allow-origin"] == "*"
    assert vault.get("/static/browser/card.js").status_code == 404
    assert vault.get("/static/checkout/card.js").status_code == 404


@pytest.mark.parametrize("page", sorted(FRAMES))
def test_a_frame_has_its_headers(vault: httpx2.Client, stack: Stack, page: str) -> None:
    answer = vault.get(f"/v3/{page}.html")
    assert answer.status_code == 200
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    values = stack.values
    pay, bank = values["checkout_url"], values["bank_url"]
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert re.fullmatch(r"'self' 'nonce-[A-Za-z0-9_-]{20,}'", policy["style-src"])
    assert policy["connect-src"] == f"'self' {values['api_base']}" + (f" {pay}" if page == "controller" else "")
    assert policy["img-src"] == "'self' data:"
    assert policy["font-src"] == "'self'"
    assert policy["frame-src"] == f"'self' {bank}" + (f" {pay}" if page == "challenge" else "")
    assert policy["frame-ancestors"] == "https: http://localhost:* http://*.localhost:* http://127.0.0.1:*"
    assert policy["base-uri"] == policy["form-action"] == "'none'"
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["cross-origin-embedder-policy"] == "require-corp"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "camera=()" in answer.headers["permissions-policy"]
    assert "set-cookie" not in answer.headers
    scripts = re.findall(r'<script [^>]*src="([^"]+)" integrity="(sha384-[^"]+)"', answer.text)
    assert len(scripts) == answer.text.count("<script") == 1
    listed = vault.get("/v3/scripts.json").json()
    assert {"url": values["elements_url"] + scripts[0][0], "integrity": scripts[0][1]} in listed.values()


def test_what_is_not_here_is_the_apis_to_answer(vault: httpx2.Client) -> None:
    assert vault.get("/v3/elements-inner-none.html").status_code == 404
    assert vault.post("/v3/").status_code in (404, 405)
    assert vault.get("/v3/addresses/US").json()["needed"]
    assert vault.get("/v3/addresses/XX").status_code == 404


def test_the_banks_check_may_stand_in_a_merchants_page_and_closing_it_is_told(stack: Stack) -> None:
    with httpx2.Client(base_url=stack.api_base, trust_env=False, auth=(stack.secret_key, "")) as api, \
            httpx2.Client(base_url=stack.api_base, trust_env=False,
                          headers={"host": f"pay.localhost:{stack.port}"}) as pay:
        made = api.post("/v1/payment_intents", data={
            "amount": "2000", "currency": "usd", "confirm": "true",
            "payment_method": "pm_card_threeDSecure2Required"}).json()
        id = made["next_action"]["use_stripe_sdk"]["source"]
        framed = pay.get(f"/3ds/{id}/framed")
        assert "frame-ancestors 'self' http://js.localhost" in framed.headers["content-security-policy"]
        assert framed.headers["cross-origin-embedder-policy"] == "require-corp"
        assert framed.headers["cross-origin-resource-policy"] == "cross-origin"
        assert "frame-ancestors 'self';" in pay.get(f"/3ds/{id}").headers["content-security-policy"]
        foreign = {"origin": "http://shop.localhost:1", "sec-fetch-site": "cross-site"}
        assert pay.post(f"/3ds/{id}/abandon", headers=foreign).status_code >= 400
        assert api.get(f"/v1/payment_intents/{made['id']}").json()["status"] == "requires_action"
        ours = {"origin": stack.values["elements_url"], "sec-fetch-site": "cross-site"}
        told = pay.post(f"/3ds/{id}/abandon", headers=ours)
        assert told.json() == {"status": "requires_payment_method"}
        assert told.headers["access-control-allow-origin"] == stack.values["elements_url"]
