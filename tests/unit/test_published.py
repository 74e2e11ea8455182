"""What a shopper may see: one table, wherever an object stands in an answer."""

from typing import Any

import pytest

from backend.networks import declines
from backend.published import DECLINED, TABLE, published

FORBIDDEN = ("metadata", "customer", "fingerprint", "checks", "cvc_check", "decline_code", "network_decline_code",
             "advice_code", "latest_charge", "address_zip_check")
METHOD = {"id": "pm_1", "object": "payment_method", "type": "card", "customer": "cus_1", "metadata": {"a": "b"},
          "created": 1, "livemode": False, "billing_details": {"name": "Ada"}, "radar_options": {},
          "card": {"brand": "visa", "last4": "4242", "fingerprint": "F", "checks": {"cvc_check": "fail"}}}


def names(value: Any) -> set[str]:
    """Every name in an answer, however deep."""
    if isinstance(value, dict):
        return set(value).union(*map(names, value.values())) if value else set()
    return set().union(*map(names, value)) if isinstance(value, list) and value else set()


def error(code: str, **more: Any) -> dict[str, Any]:
    return {"type": "card_error", "code": code, "message": f"It is {code}.", "payment_method": METHOD,
            "doc_url": f"https://x/docs/errors#{code}", **more}


def intent(**more: Any) -> dict[str, Any]:
    return {"id": "pi_1", "object": "payment_intent", "metadata": {}, "customer": "cus_1", "latest_charge": "ch_1",
            "amount": 5, **more}


@pytest.mark.parametrize("shape", [
    METHOD, intent(payment_method=METHOD), {"object": "list", "data": [METHOD]},
    {"error": error("card_declined", decline_code="lost_card", payment_intent=intent(payment_method=METHOD))},
    intent(last_payment_error=error("incorrect_cvc", decline_code="incorrect_cvc", network_decline_code="82")),
    {"id": "seti_1", "object": "setup_intent", "metadata": {}, "customer": "c", "payment_method": METHOD,
     "last_setup_error": error("expired_card", advice_code="x")},
    {"id": "tok_1", "object": "token", "card": {"object": "card", "last4": "1", "fingerprint": "F", "cvc_check": "pass",
                                                "address_zip_check": "fail", "metadata": {}, "customer": None}},
    {"id": "ctoken_1", "object": "confirmation_token", "metadata": {}, "payment_method_preview": {
        **METHOD, "card": METHOD["card"]}},
    {"id": "cus_1", "object": "customer", "email": "a@b.c", "metadata": {}}])
def test_it_is_the_same_wherever_an_object_stands(shape: dict[str, Any]) -> None:
    assert not names(published(shape)) & set(FORBIDDEN)


def test_an_object_without_a_row_is_its_id() -> None:
    assert published(intent(payment_method={"id": "x", "object": "charge", "amount": 5}))["payment_method"] == {
        "id": "x", "object": "charge"}


@pytest.mark.parametrize("code", sorted(declines.CARDS))
def test_every_judgement_of_an_issuer_reads_the_same(code: str) -> None:
    why = declines.explain(code)
    shown = published({"error": error(why.code, decline_code=why.decline_code, network_decline_code=code)})["error"]
    if why.code in ("processing_error", "authentication_required"):
        assert shown["code"] == why.code
        return
    assert (shown["code"], shown["message"], shown["doc_url"].partition("#")[2]) == (
        "card_declined", DECLINED, "card_declined")


def test_what_is_given_stays_as_it_was() -> None:
    given = intent(last_payment_error=error("incorrect_cvc"))
    published(given)
    assert given["last_payment_error"]["code"] == "incorrect_cvc"
    assert given["metadata"] == {}


def test_no_row_of_the_table_names_what_is_forbidden() -> None:
    assert not names(dict(TABLE)) & set(FORBIDDEN)
