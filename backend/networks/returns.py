"""Why a debit came back: from the bank's reason (ISO 20022 external status reasons) to what the API says."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Return:
    """One reason: the code of the API, its sentence, and the bank's own code."""

    code: str
    message: str
    network_code: str


_TABLE = {
    "AC01": ("no_account", "The bank account could not be found. Ask your customer for the right account."),
    "AC04": ("account_closed", "The customer's bank account has been closed."),
    "AC06": ("tokenized_account_number_deactivated",
             "The account number that the customer gave has been deactivated by its bank; ask for another."),
    "AM03": ("invalid_currency", "The bank account cannot be debited in this currency."),
    "AM04": ("insufficient_funds", "The customer's account has insufficient funds to cover this payment."),
    "AM14": ("charge_exceeds_source_limit",
             "This payment would take the account above its weekly volume limit. Try again next week."),
    "AM21": ("charge_exceeds_weekly_limit",
             "This payment would take the account above its weekly number of payments. Try again next week."),
    "MD01": ("debit_not_authorized", "The customer has told the bank that this debit was not authorized."),
    "MS03": ("generic_could_not_process", "The bank could not process this debit and gave no reason."),
}


def explain(reason: str | None) -> Return:
    """What a reason means; an unknown one is a debit that could not be processed."""
    sent = reason or "MS03"
    return Return(*_TABLE.get(sent, _TABLE["MS03"]), network_code=sent)
