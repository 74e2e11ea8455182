"""Refusals: from an issuer's response code to the contract's error code, decline code and advice.

Source: reference contract section 6 and the response codes of ISO 8583 field 39. Codes 91 and 96 are not here: they
mean "I broke", and the outcome is unknown.
"""

from dataclasses import dataclass

TRY_AGAIN_LATER = "try_again_later"
DO_NOT_TRY_AGAIN = "do_not_try_again"
CONFIRM_CARD_DATA = "confirm_card_data"


@dataclass(frozen=True, slots=True)
class Decline:
    """One refusal as the API shows it.

    `code` and `decline_code` are the contract's words; `decline_code` is None where the code says it all.
    `network_decline_code` is what the network sent. `hard` means that no other route and no later try can succeed.
    """

    code: str
    decline_code: str | None
    network_decline_code: str
    advice_code: str | None
    message: str
    hard: bool

    @property
    def param(self) -> str | None:
        """The field of the card form that the shopper must put right."""
        return PARAMS.get(self.code)


PARAMS = {"incorrect_cvc": "cvc", "invalid_cvc": "cvc", "incorrect_number": "number", "invalid_number": "number",
          "expired_card": "exp_month", "invalid_expiry_month": "exp_month", "invalid_expiry_year": "exp_year",
          "incorrect_zip": "address_zip"}
"""Code of a card error -> its `param`."""
_DECLINED = "Your card was declined."

# response code: (code, decline code, advice, hard, sentence)
_TABLE: dict[str, tuple[str, str | None, str | None, bool, str]] = {
    "01": ("card_declined", "call_issuer", None, False, _DECLINED),
    "04": ("card_declined", "pickup_card", DO_NOT_TRY_AGAIN, True, _DECLINED),
    "05": ("card_declined", "generic_decline", TRY_AGAIN_LATER, False, _DECLINED),
    "06": ("processing_error", None, TRY_AGAIN_LATER, False,
           "An error occurred while processing your card. Try again in a little bit."),
    "12": ("card_declined", "transaction_not_allowed", DO_NOT_TRY_AGAIN, True, _DECLINED),
    "13": ("card_declined", "invalid_amount", DO_NOT_TRY_AGAIN, True, _DECLINED),
    "14": ("incorrect_number", None, CONFIRM_CARD_DATA, True, "Your card number is incorrect."),
    "1A": ("authentication_required", "authentication_required", CONFIRM_CARD_DATA, False,
           "Your card was declined. This transaction requires authentication."),
    "19": ("card_declined", "reenter_transaction", TRY_AGAIN_LATER, False, _DECLINED),
    "41": ("card_declined", "lost_card", DO_NOT_TRY_AGAIN, True, _DECLINED),
    "43": ("card_declined", "stolen_card", DO_NOT_TRY_AGAIN, True, _DECLINED),
    "51": ("card_declined", "insufficient_funds", TRY_AGAIN_LATER, False, "Your card has insufficient funds."),
    "54": ("expired_card", None, CONFIRM_CARD_DATA, True, "Your card has expired."),
    "57": ("card_declined", "transaction_not_allowed", DO_NOT_TRY_AGAIN, True, _DECLINED),
    "59": ("card_declined", "fraudulent", DO_NOT_TRY_AGAIN, True, _DECLINED),
    "61": ("card_declined", "withdrawal_count_limit_exceeded", TRY_AGAIN_LATER, False, _DECLINED),
    "62": ("card_declined", "restricted_card", DO_NOT_TRY_AGAIN, True, _DECLINED),
    "65": ("card_declined", "card_velocity_exceeded", TRY_AGAIN_LATER, False,
           "Your card was declined for making repeated attempts too frequently or exceeding its amount limit."),
    "82": ("incorrect_cvc", None, CONFIRM_CARD_DATA, False, "Your card's security code is incorrect."),
    "92": ("card_declined", "issuer_not_available", TRY_AGAIN_LATER, False,
           "Your card's issuer could not be reached. Try again in a little bit."),
    "94": ("card_declined", "duplicate_transaction", DO_NOT_TRY_AGAIN, True, _DECLINED),
    "N0": ("card_declined", "testmode_decline", DO_NOT_TRY_AGAIN, True,
           "Your card was declined. Use one of the sandbox's test cards here."),
}


def explain(response_code: str | None) -> Decline:
    """The refusal behind a response code; an unknown code is a generic, soft decline that keeps its number."""
    sent = response_code or "05"
    code, decline_code, advice, hard, message = _TABLE.get(sent, _TABLE["05"])
    return Decline(code, decline_code, sent, advice, message, hard)


def elsewhere(response_code: str | None, codes: frozenset[str]) -> bool:
    """True when another acquirer may be asked once: the code is on the operator's list and its decline is soft.

    Only codes of the table count: what we do not know we do not send again.
    """
    return response_code in codes and response_code in _TABLE and not explain(response_code).hard


def known() -> frozenset[str]:
    """The response codes that have a row."""
    return frozenset(_TABLE)
