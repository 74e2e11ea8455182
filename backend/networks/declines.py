"""Refusals: from our own word for why to the contract's error code, decline code, advice and sentence.

What a network calls it is its connector's secret; only its raw code is passed on, for the API shows it.
Source: reference contract section 6.
"""

from dataclasses import dataclass

from backend.codes import Code
from backend.networks.port import Reason

TRY_AGAIN_LATER = "try_again_later"
DO_NOT_TRY_AGAIN = "do_not_try_again"
CONFIRM_CARD_DATA = "confirm_card_data"


@dataclass(frozen=True, slots=True)
class Decline:
    """One refusal as the API shows it.

    `code` and `decline_code` are the contract's words; `decline_code` is None where the code says it all.
    `network_decline_code` is what the network sent. `hard` means that no other route and no later try can succeed.
    """

    code: Code
    decline_code: str | None
    network_decline_code: str | None
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

_R = Reason
_Words = tuple[Code, str | None, str | None, bool, str]
"""(code, decline code, advice, hard, sentence)"""

CARDS: dict[Reason, _Words] = {
    _R.CALL_ISSUER: ("card_declined", "call_issuer", None, False, _DECLINED),
    _R.PICKUP_CARD: ("card_declined", "pickup_card", DO_NOT_TRY_AGAIN, True, _DECLINED),
    _R.GENERIC: ("card_declined", "generic_decline", TRY_AGAIN_LATER, False, _DECLINED),
    _R.OTHER: ("card_declined", "generic_decline", TRY_AGAIN_LATER, False, _DECLINED),
    _R.PROCESSING_ERROR: ("processing_error", None, TRY_AGAIN_LATER, False,
                          "An error occurred while processing your card. Try again in a little bit."),
    _R.NOT_ALLOWED: ("card_declined", "transaction_not_allowed", DO_NOT_TRY_AGAIN, True, _DECLINED),
    _R.INVALID_AMOUNT: ("card_declined", "invalid_amount", DO_NOT_TRY_AGAIN, True, _DECLINED),
    _R.INCORRECT_NUMBER: ("incorrect_number", None, CONFIRM_CARD_DATA, True, "Your card number is incorrect."),
    _R.AUTHENTICATION_REQUIRED: ("authentication_required", "authentication_required", CONFIRM_CARD_DATA, False,
                                 "Your card was declined. This transaction requires authentication."),
    _R.REENTER: ("card_declined", "reenter_transaction", TRY_AGAIN_LATER, False, _DECLINED),
    _R.LOST_CARD: ("card_declined", "lost_card", DO_NOT_TRY_AGAIN, True, _DECLINED),
    _R.STOLEN_CARD: ("card_declined", "stolen_card", DO_NOT_TRY_AGAIN, True, _DECLINED),
    _R.INSUFFICIENT_FUNDS: ("card_declined", "insufficient_funds", TRY_AGAIN_LATER, False,
                            "Your card has insufficient funds."),
    _R.EXPIRED_CARD: ("expired_card", None, CONFIRM_CARD_DATA, True, "Your card has expired."),
    _R.FRAUDULENT: ("card_declined", "fraudulent", DO_NOT_TRY_AGAIN, True, _DECLINED),
    _R.COUNT_LIMIT: ("card_declined", "withdrawal_count_limit_exceeded", TRY_AGAIN_LATER, False, _DECLINED),
    _R.RESTRICTED_CARD: ("card_declined", "restricted_card", DO_NOT_TRY_AGAIN, True, _DECLINED),
    _R.VELOCITY: ("card_declined", "card_velocity_exceeded", TRY_AGAIN_LATER, False,
                  "Your card was declined for making repeated attempts too frequently or exceeding its amount limit."),
    _R.INCORRECT_CVC: ("incorrect_cvc", None, CONFIRM_CARD_DATA, False, "Your card's security code is incorrect."),
    _R.ISSUER_AWAY: ("card_declined", "issuer_not_available", TRY_AGAIN_LATER, False,
                     "Your card's issuer could not be reached. Try again in a little bit."),
    _R.DUPLICATE: ("card_declined", "duplicate_transaction", DO_NOT_TRY_AGAIN, True, _DECLINED),
    _R.TEST_CARD_WANTED: ("card_declined", "testmode_decline", DO_NOT_TRY_AGAIN, True,
                          "Your card was declined. Use one of the sandbox's test cards here."),
}
"""What a refused card is told."""

_NO_REASON = "The bank could not process this debit and gave no reason."
DEBITS: dict[Reason, tuple[Code, str]] = {
    _R.NO_ACCOUNT: ("no_account", "The bank account could not be found. Ask your customer for the right account."),
    _R.ACCOUNT_CLOSED: ("account_closed", "The customer's bank account has been closed."),
    _R.NUMBER_DEACTIVATED: ("tokenized_account_number_deactivated",
                            "The account number that the customer gave has been deactivated by its bank; ask for "
                            "another."),
    _R.WRONG_CURRENCY: ("invalid_currency", "The bank account cannot be debited in this currency."),
    _R.INSUFFICIENT_FUNDS: ("insufficient_funds",
                            "The customer's account has insufficient funds to cover this payment."),
    _R.AMOUNT_LIMIT: ("charge_exceeds_source_limit",
                      "This payment would take the account above its weekly volume limit. Try again next week."),
    _R.COUNT_LIMIT: ("charge_exceeds_weekly_limit",
                     "This payment would take the account above its weekly number of payments. Try again next week."),
    _R.NOT_AUTHORIZED: ("debit_not_authorized",
                        "The customer has told the bank that this debit was not authorized."),
    _R.GENERIC: ("generic_could_not_process", _NO_REASON),
    _R.OTHER: ("generic_could_not_process", _NO_REASON),
}
"""What is said of a debit that a bank would not pay."""


def explain(why: str | None, network_code: str | None = None, *, debit: bool = False) -> Decline:
    """The refusal of a card, or of a `debit`, and the network's own code for it."""
    reason = Reason(why) if why in _KNOWN else Reason.OTHER
    if debit:
        code, message = DEBITS.get(reason, DEBITS[Reason.OTHER])
        return Decline(code, None, network_code, None, message, False)
    code, decline_code, advice, hard, message = CARDS.get(reason, CARDS[Reason.OTHER])
    return Decline(code, decline_code, network_code, advice, message, hard)


_KNOWN = frozenset(Reason)


def elsewhere(why: str | None, network_code: str | None, codes: frozenset[str]) -> bool:
    """True when another acquirer may be asked once: the code is on the operator's list and its decline is soft.

    Only what its connector can name counts: what we do not know we do not send again.
    """
    return network_code in codes and why in CARDS and why != Reason.OTHER and not explain(why).hard
