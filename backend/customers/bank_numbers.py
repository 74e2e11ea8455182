"""Bank account numbers and IBANs on their way to the vault: checked here, kept there, shown nowhere."""

import re
from typing import Any

from stdnum import iban
from stdnum.us import rtn

from backend.context import Context
from backend.customers import vault
from backend.errors import InvalidRequest, missing

Row = dict[str, Any]
TYPES = ("card", "us_bank_account", "sepa_debit")
_OWNER_MIN = 3
_UNUSABLE = frozenset({"AT511904300000066666"})
"""The sandbox's account that nothing can be done with."""
_SEPA = frozenset("AD AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IS IT LI LT LU LV MC MT NL NO PL PT RO "
                  "SE SI SK SM VA".split())
"""Countries of the SEPA schemes."""


def only_its_own(data: Row, prefix: str) -> None:
    """A method's data must hold the hash that is named like its type, and no other type's."""
    for name in TYPES:
        place = f"{prefix}[{name}]" if prefix else name
        if name == data["type"] and name not in data:
            raise missing(place)
        if name != data["type"] and name in data:
            raise InvalidRequest(f"{place} can only be passed with type={name}.", param=place,
                                 code="parameter_invalid_combination")


async def keep(ctx: Context, data: Row, prefix: str) -> Row:
    """Have the vault keep an account; its facts. Raises InvalidRequest that names what is wrong with the number."""
    kind = data["type"]
    said, place = data[kind], f"{prefix}[{kind}]" if prefix else kind
    if kind == "sepa_debit":
        number = _iban(said.get("iban"), f"{place}[iban]")
        if number in _UNUSABLE and not ctx.livemode:
            raise InvalidRequest("The bank account you provided cannot be used; ask your customer for another one.",
                                 code="bank_account_unusable", param=f"{place}[iban]")
        check_owner((data.get("billing_details") or {}).get("name"), prefix)
    else:
        number = _account(said.get("account_number"), f"{place}[account_number]")
        _routing(said.get("routing_number"), f"{place}[routing_number]")
    rest = {name: said.get(name) for name in ("routing_number", "account_holder_type", "account_type")}
    return await vault.ask(ctx, "keep_account", account=ctx.account, type=kind, number=number, said=rest)


def check_owner(name: str | None, prefix: str = "") -> None:
    """Raise InvalidRequest for a name that no SEPA debit can be made in: none, or one shorter than three characters."""
    if len((name or "").strip()) < _OWNER_MIN:
        raise InvalidRequest("The owner name is invalid: a SEPA debit is made in the name of the account's holder, "
                             f"which must be at least {_OWNER_MIN} characters in length.", code="invalid_owner_name",
                             param=f"{prefix}[billing_details][name]" if prefix else "billing_details[name]")


def _iban(given: Any, param: str) -> str:
    text = re.sub(r"[ -]", "", given).upper() if isinstance(given, str) else ""
    if not text:
        raise missing(param)
    if text[:2] not in _SEPA or not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}", text):
        raise InvalidRequest("The IBAN you provided is invalid: it begins with the country of a SEPA bank and two "
                             "check digits.", code="invalid_bank_account_iban", param=param)
    if not iban.is_valid(text, check_country=False):  # the numbers of test accounts have no national check digits
        raise InvalidRequest("The IBAN you provided is invalid: its length or its check digits are wrong.",
                             code="invalid_bank_account_iban", param=param)
    return text


def _account(given: Any, param: str) -> str:
    text = re.sub(r"[ -]", "", given) if isinstance(given, str) else ""
    if not text:
        raise missing(param)
    if not re.fullmatch(r"[0-9]{4,17}", text):
        raise InvalidRequest("An account number has 4 to 17 digits.", code="account_number_invalid", param=param)
    return text


def _routing(given: Any, param: str) -> None:
    if not given:
        raise missing(param)
    if not (isinstance(given, str) and re.fullmatch(r"[0-9]{9}", given) and rtn.is_valid(given)):
        raise InvalidRequest("A routing number has nine digits, of which the last is a check digit; in test mode use "
                             "110000000.", code="routing_number_invalid", param=param)
