"""The start says which of our host names only browsers know."""

import pytest

from backend.config import Settings
from backend.stack import console, names

VALUES = {name: name for name in ("portal_url", "portal_email", "portal_password", "api_base", "secret_key",
                                  "publishable_key", "vault_url", "checkout_url", "bank_url", "shop_url")} | {
    "second_merchant": {"name": "n", "portal_email": "e", "portal_password": "p", "secret_key": "k"}}


@pytest.mark.parametrize(("pay", "unknown"), [("http://pay.nowhere.invalid:8420", ["pay.nowhere.invalid"]),
                                              ("http://127.0.0.1:8420", []), ("http://localhost:8420", [])])
def test_a_name_that_does_not_resolve_is_named_once(pay: str, unknown: list[str]) -> None:
    settings = Settings(PAY_BASE=pay, ELEMENTS_BASE=pay, BANK_BASE="http://localhost:1")
    assert names.unknown(settings) == unknown
    said = console.greeting(VALUES, 1.0, ".data", unknown=unknown)
    assert ("127.0.0.1 pay.nowhere.invalid" in said) is bool(unknown)
    assert ("/etc/hosts" in said) is bool(unknown)
