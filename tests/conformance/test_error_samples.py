"""The examples of the page about errors: the wrong one is refused with that very code, the right one is not."""

import re
from pathlib import Path

import pytest

from tests.readers import Reader, blocks, variables
from tests.stack import ROOT, Stack

PAGE = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### `(\w+)`\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))
_NO_SAMPLE = {
    "payment_intent_authentication_failure": "takes a person at the bank's page",
    "session_closed": "said on the hosted page", "charge_expired_for_capture": "takes a week",
    "lock_timeout": "takes two requests at one moment", "idempotency_key_in_use": "takes two requests at one moment",
    "api_key_expired": "takes a key that was rolled", "livemode_mismatch": "takes a live key",
    "rate_limit": "takes many requests",
    "resource_already_exists": "no object has an id of the caller's choice yet",
    "acquirer_unavailable": "takes a network that is down", "network_away": "takes a network that is down",
    "vault_stopping": "takes a vault that stops", "card_unreadable": "takes a key that was destroyed",
}
"""Codes without examples, for no single request brings them about."""


@pytest.mark.parametrize("code", sorted(SECTIONS))
def test_the_examples_do_what_they_show(code: str, stack: Stack, tmp_path: Path) -> None:
    samples = blocks(SECTIONS[code], "sh")
    if code in _NO_SAMPLE:
        assert samples == []
        return
    assert samples, "show a wrong and a right request, or say in _NO_SAMPLE why there is none"
    wrong, right = re.fullmatch(r"# wrong\n(.*?)# right\n(.*)", samples[0], re.DOTALL).groups()
    for source, expected in ((wrong, code), (right, None)):
        reader = Reader(stack, tmp_path)
        if code == "payment_intent_unexpected_state" or "$UNPAID" in source:
            reader.have(["PAYMENT_INTENT"])
        if "$UNPAID" in source:
            reader.mine["UNPAID"] = reader.curl('curl http://localhost:8420/v1/payment_intents -u "$KEY:" '
                                                "-d amount=900 -d currency=usd")["id"]
        if "$OTHER_CUSTOMER" in source:
            reader.mine["OTHER_CUSTOMER"] = Reader(stack, tmp_path).curl(
                'curl http://localhost:8420/v1/customers -u "$KEY:" -d name=Grace')["id"]
        reader.have(variables(source))
        assert reader.curl(source).get("error", {}).get("code") == expected
