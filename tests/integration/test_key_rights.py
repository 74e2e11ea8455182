"""Every right of an API key holds at every door: one key for each right that it lacks, tried at each door."""

import secrets
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import psycopg
import pytest

from backend.crypto import sha256
from tests.conformance import clients
from tests.stack import Stack

CARD = {"card[number]": "4242424242424242", "card[exp_month]": "12", "card[exp_year]": "2034", "card[cvc]": "123"}
DOORS: dict[str, tuple[str, str, dict[str, str]]] = {
    "API": ("api", "/v1/confirmation_tokens", {"payment_method": "pm_card_visa"}),
    "vault, payment method": ("vault", "/v1/payment_methods", {"type": "card", **CARD}),
    "vault, token": ("vault", "/v1/tokens", CARD),
}
"""Where a key is shown: the door, a call that shoppers may make, and what it takes."""
RESOURCES = {"API": "confirmation_tokens", "vault, payment method": "payment_methods", "vault, token": "tokens"}
Made = dict[str, Any]
RIGHTS: dict[str, tuple[Made, dict[str, str], int, str | None]] = {
    "a secret key": ({}, {}, 200, None),
    "a publishable key": ({"kind": "publishable"}, {}, 200, None),
    "a publishable key in a browser": ({"kind": "publishable"}, {"Origin": "https://shop.example"}, 200, None),
    "a secret key in a browser": ({}, {"Origin": "https://shop.example"}, 401, None),
    "a restricted key with the right": ({"kind": "restricted", "right": "write"}, {}, 200, None),
    "a restricted key with less": ({"kind": "restricted", "right": "read"}, {}, 403, "permission_missing"),
    "a restricted key with another right": ({"kind": "restricted", "right": None}, {}, 403, "permission_missing"),
    "a restricted key in a browser": ({"kind": "restricted", "right": "write"}, {"Origin": "null"}, 401, None),
    "from its address": ({"allowed_ips": ["127.0.0.0/8", "::1"]}, {}, 200, None),
    "from another address": ({"allowed_ips": ["203.0.113.7"]}, {}, 403, "ip_not_allowed"),
    "from an address that it only says": ({"allowed_ips": ["203.0.113.7"]}, {"X-Forwarded-For": "203.0.113.7"}, 403,
                                          "ip_not_allowed"),
    "from an address in a forged word of the vault": (
        {"allowed_ips": ["203.0.113.7"]}, {"Farthing-Client": f"handed-on-{b'203.0.113.7'.hex()}.9999999999.x"}, 403,
        "ip_not_allowed"),
    "expired": ({"expired": True}, {}, 401, "api_key_expired"),
    "expired soon": ({"expired": False}, {}, 200, None),
    "of another account": ({}, {"Stripe-Account": "acct_other"}, 403, "account_invalid"),
    "of its own account": ({}, {"Stripe-Account": "self"}, 200, None),
    "never ours": ({"unknown": True}, {}, 401, None),
    "revoked": ({"gone": True}, {}, 401, None),
}


@pytest.fixture
def link(stack: Stack) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(stack.urls.owner, autocommit=True) as link:
        yield link


def _key(link: psycopg.Connection[Any], env: int, door: str, made: Made) -> str:
    kind = made.get("kind", "secret")
    text = {"secret": "sk", "publishable": "pk", "restricted": "rk"}[kind] + "_test_" + secrets.token_hex(22)[:43]
    if made.get("unknown") or made.get("gone"):
        return text
    right = made.get("right")
    granted = f'{{"{RESOURCES[door]}": "{right}"}}' if right else '{"refunds": "write"}'
    expiry = {True: "-1 s", False: "1 h"}.get(made.get("expired", ""))
    link.execute("SELECT set_config('app.env', %s, false), set_config('app.actor', 'test', false)", (str(env),))
    link.execute(
        "INSERT INTO core.api_key (id, env, kind, name, hash, prefix, last4, permissions, allowed_ips, expires_at) "
        "VALUES (%s, %s, %s, '', %s, %s, %s, %s::jsonb, %s, now() + %s::interval)",
        ("mk_" + secrets.token_hex(8), env, kind, sha256(text), text[:8], text[-4:],
         granted if kind == "restricted" else "{}", made.get("allowed_ips", []), expiry))
    return text


def _asked(stack: Stack, door: str, key: str, headers: dict[str, str]) -> httpx2.Response:
    where, path, form = DOORS[door]
    base = stack.api_base if where == "api" else f"http://127.0.0.1:{stack.vault_port}"
    with httpx2.Client(trust_env=False, timeout=30) as client:
        return client.post(base + path, data=form, headers={"Authorization": f"Bearer {key}", **headers})


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("right", RIGHTS)
def test_a_right_holds_at_every_door(stack: Stack, link: psycopg.Connection[Any], door: str, right: str) -> None:
    made, headers, status, code = RIGHTS[right]
    other = clients.another_account(stack)
    key = _key(link, other.env, door, made)
    account = link.execute("SELECT account_id FROM core.environment WHERE id = %s", (other.env,)).fetchone()
    assert account
    headers = {name: account[0] if value == "self" else value for name, value in headers.items()}
    before = _cards(link, other.env)
    answer = _asked(stack, door, key, headers)
    error = answer.json().get("error", {})
    assert (answer.status_code, error.get("code")) == (status, code), answer.text
    assert key not in answer.text
    if door != "API":
        assert _cards(link, other.env) - before == (status == 200)


def _cards(link: psycopg.Connection[Any], env: int) -> int:
    """How many cards the vault has of an environment."""
    link.execute("SELECT set_config('app.env', %s, false)", (str(env),))
    found = link.execute("SELECT count(*) FROM vault.card WHERE env = %s", (env,)).fetchone()
    assert found
    return int(found[0])


@pytest.mark.parametrize("door", DOORS)
def test_a_key_that_is_revoked_opens_no_door_a_few_seconds_later(stack: Stack, link: psycopg.Connection[Any],
                                                                 door: str) -> None:
    other = clients.another_account(stack)
    key = _key(link, other.env, door, {})
    assert _asked(stack, door, key, {}).status_code == 200
    link.execute("UPDATE core.api_key SET expires_at = now() WHERE hash = %s", (sha256(key),))
    until = time.monotonic() + 30
    while (answer := _asked(stack, door, key, {})).status_code == 200:
        assert time.monotonic() < until, "the key still opens the door"
        time.sleep(0.2)
    assert answer.json()["error"]["code"] == "api_key_expired"
