"""What shoppers are told: helpful, complete, and never a reason that a thief could use."""

import pytest

from backend import countries, money
from backend.networks import declines
from backend.web.amounts import amount
from checkout import words

_SHIPPED = """generic_decline insufficient_funds lost_card stolen_card do_not_honor fraudulent card_velocity_exceeded
expired_card incorrect_cvc incorrect_zip processing_error issuer_not_available try_again_later pickup_card
restricted_card transaction_not_allowed currency_not_supported duplicate_transaction withdrawal_count_limit_exceeded
authentication_required approve_with_id call_issuer card_not_supported invalid_account invalid_amount
new_account_information_available no_action_taken not_permitted reenter_transaction revocation_of_authorization
security_violation service_not_allowed stop_payment_order testmode_decline""".split()
_SECRET = ("lost_card", "stolen_card", "fraudulent", "pickup_card", "restricted_card", "security_violation")


@pytest.mark.parametrize("code", _SHIPPED)
def test_every_decline_code_says_what_the_payer_can_do(code: str) -> None:
    said = words.decline("card_declined", code)
    assert said.endswith(".")
    assert len(said) > 40
    assert code not in said


@pytest.mark.parametrize("code", _SECRET)
def test_reasons_that_would_help_a_thief_stay_generic(code: str) -> None:
    assert words.decline("card_declined", code) == words.decline("card_declined", "generic_decline")


def test_every_response_of_the_network_has_words() -> None:
    for response in declines.known():
        found = declines.explain(response)
        assert words.decline(found.code, found.decline_code)


def test_every_sentence_can_be_filled() -> None:
    names = ("amount", "seller", "label", "brand", "last4", "quantity", "count", "time", "code", "name")
    blanks = dict.fromkeys(names, "x")
    assert all(words.text(key, **blanks) for key in words.WORDS)


@pytest.mark.parametrize("currency", sorted(money.CURRENCIES))
def test_an_amount_is_written_with_the_decimals_of_our_own_table(currency: str) -> None:
    digits = "".join(char for char in amount(123456789, currency) if char.isdigit() or char == ".")
    assert digits.lstrip(".") == money.decimal_text(123456789, currency)


@pytest.mark.parametrize(("minor", "currency", "tag", "said"), [
    (2000, "usd", None, "$20.00"), (5940, "jpy", "en", "¥5,940"), (12345, "kwd", "en", "KWD\u00a012.345"),
    (1999, "eur", "de", "19,99\u00a0€"), (100, "usd", "zz-ZZ", "$1.00"), (0, "gbp", "en-GB", "£0.00")])
def test_amounts_follow_the_locale(minor: int, currency: str, tag: str | None, said: str) -> None:
    assert amount(minor, currency, tag) == said


def test_the_countries_are_countries() -> None:
    codes = [code for code, _ in countries.named()]
    assert len(codes) == len(set(codes)) == 249
    assert set(codes) >= countries.NO_POSTAL
    assert "EU" not in codes
