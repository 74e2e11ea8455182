"""How requests name a card otherwise than by the id of a payment method."""

from typing import Any

from backend.errors import InvalidRequest
from backend.fields.structures import Array, Hash, Metadata, Raw
from backend.fields.tables import BILLING, REDISPLAY, Table
from backend.fields.types import Choice, Descriptor, Id, Integer, Text, Type

CARD = Hash({"token": Id("token"), **{name: Raw() for name in ("number", "exp_month", "exp_year", "cvc")}})
"""Raw numbers are known by name so that they get a better answer than "unknown"."""
TYPES = ("card", "us_bank_account", "sepa_debit")
ACCOUNTS: dict[str, Type] = {
    "us_bank_account": Hash({"account_number": Raw(), "routing_number": Raw(),
                             "account_holder_type": Choice(("company", "individual")),
                             "account_type": Choice(("checking", "savings"))}),
    "sepa_debit": Hash({"iban": Raw()}),
}
"""Numbers of accounts are no card numbers, though some look like one: they are checked on their way to the vault."""
METHOD_DATA = Hash({"type": Choice(TYPES, required=True), "card": CARD, **ACCOUNTS, "billing_details": BILLING,
                    "allow_redisplay": REDISPLAY, "metadata": Metadata()})
ACCOUNT_OPTIONS = Hash({"verification_method": Choice(("automatic", "microdeposits"))}, unset=True)
"""What `payment_method_options[us_bank_account]` takes."""
DEPOSITS = Table({"amounts": Array(Integer(min=0, max=99), max=2), "descriptor_code": Text(max=6),
                  "client_secret": Text(max=200)}, one_of=(("amounts", "descriptor_code"),))
"""What a customer saw of the two small deposits, for /verify_microdeposits."""
DESCRIPTORS: dict[str, Type] = dict.fromkeys(("statement_descriptor", "statement_descriptor_suffix"), Descriptor())


def renamed(params: dict[str, Any]) -> dict[str, Any]:
    """The request's newer spelling, allowed_payment_method_types, under the name that the object shows."""
    if "allowed_payment_method_types" not in params:
        return params
    if "payment_method_types" in params:
        raise InvalidRequest("Pass either payment_method_types or allowed_payment_method_types, not both.",
                             code="parameters_exclusive", param="allowed_payment_method_types")
    rest = {name: value for name, value in params.items() if name != "allowed_payment_method_types"}
    return {**rest, "payment_method_types": params["allowed_payment_method_types"]}
