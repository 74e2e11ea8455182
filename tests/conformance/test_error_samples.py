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
    "setup_intent_authentication_failure": "takes a person at the bank's page",
    "confirmation_token_expired": "takes twelve hours",
    **dict.fromkeys(("session_closed", "order_changed", "shipping_address_invalid"), "said on the hosted page"),
    "charge_expired_for_capture": "takes a week",
    "lock_timeout": "takes two requests at one moment", "idempotency_key_in_use": "takes two requests at one moment",
    "api_key_expired": "takes a key that was rolled", "livemode_mismatch": "takes a live key",
    "testmode_only": "takes a live key",
    "rate_limit": "takes many requests", "incremental_authorization_limit": "takes eleven requests",
    "acquirer_unavailable": "takes a network that is down", "network_away": "takes a network that is down",
    "overloaded": "takes many requests", "card_decline_rate_limit_exceeded": "takes many declined cards of shoppers",
    "ip_not_allowed": "takes a key with addresses, which the portal makes",
    "permission_missing": "takes a restricted key, which the portal makes",
    "coupon_expired": "takes a coupon whose time is over", "payment_link_sold_out": "said on the hosted page",
    "charge_disputed": "takes a dispute, which opens a moment later",
    "dispute_evidence_submitted": "takes a dispute, which opens a moment later",
    "file_link_expired": "said to who follows the link, without a key",
    **dict.fromkeys(("file_purpose_invalid", "file_too_large", "file_type_invalid"), "takes an upload"),
    **dict.fromkeys(("account_closed", "charge_exceeds_source_limit", "charge_exceeds_weekly_limit",
                     "debit_not_authorized", "generic_could_not_process", "insufficient_funds", "invalid_currency",
                     "no_account", "tokenized_account_number_deactivated"),
                    "the bank says it later: it stands in last_payment_error and in the event"),
    **{f"payment_method_microdeposit_verification_{told}": "takes a payment that waits for its microdeposits"
       for told in ("amounts_invalid", "amounts_mismatch", "attempts_exceeded", "descriptor_code_mismatch",
                    "timeout")},
    "vault_stopping": "takes a vault that stops", "card_unreadable": "takes a key that was destroyed",
}
"""Codes without examples, for no single request brings them about."""
_STATES = {
    "UNPAID": "payment_intents -d amount=900 -d currency=usd",
    "HELD": "payment_intents -d amount=2000 -d currency=usd -d confirm=true -d payment_method=pm_card_visa "
            "-d capture_method=manual",
    "OTHER_CUSTOMER": "customers -d name=Grace",
    "USED_METHOD": "payment_intents -d amount=2000 -d currency=usd -d confirm=true -d payment_method=pm_card_visa",
    "DECLINED_CHARGE": "charges -d amount=2000 -d currency=usd -d source=pm_card_visa_chargeDeclined",
}
"""Objects in a state of their own that examples name: what makes them."""


def _made(reader: Reader, name: str) -> str:
    path, _, fields = _STATES[name].partition(" ")
    answer = reader.curl(f'curl http://localhost:8420/v1/{path} -u "$KEY:" {fields}')
    if "error" in answer:
        return str(answer["error"]["charge"])
    return str(answer["payment_method" if name == "USED_METHOD" else "id"])


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
        reader.have(variables(source))
        reader.mine |= {name: _made(reader, name) for name in variables(source) if name in _STATES}
        assert reader.curl(source).get("error", {}).get("code") == expected
