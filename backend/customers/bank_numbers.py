"""Bank account numbers and IBANs on their way to the vault: checked here, kept there, shown nowhere."""

import re
from typing import Any

from backend.context import Context
from backend.customers import vault
from backend.errors import InvalidRequest

Row = dict[str, Any]
TYPES = ("card", "us_bank_account", "sepa_debit")
_UNUSABLE = frozenset({"AT511904300000066666"})
"""The sandbox's account that nothing can be done with."""
_IBAN_LENGTHS = {"AD": 24, "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20,
                 "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GI": 23, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IS": 26,
                 "IT": 27, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28,
                 "PT": 25, "RO": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "VA": 22}
"""Countries of the SEPA schemes and how long their IBANs are (ISO 13616)."""


def only_its_own(data: Row, prefix: str) -> None:
    """A method's data must hold the hash that is named like its type, and no other type's."""
    for name in TYPES:
        place = f"{prefix}[{name}]" if prefix else name
        if name == data["type"] and name not in data:
            raise InvalidRequest(f"Missing required param: {place}.", code="parameter_missing", param=place)
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
    else:
        number = _account(said.get("account_number"), f"{place}[account_number]")
        _routing(said.get("routing_number"), f"{place}[routing_number]")
    rest = {name: said.get(name) for name in ("routing_number", "account_holder_type", "account_type")}
    return await vault.ask(ctx, "keep_account", account=ctx.account, type=kind, number=number, said=rest)


def _iban(given: Any, param: str) -> str:
    text = re.sub(r"[ -]", "", given).upper() if isinstance(given, str) else ""
    if not text:
        raise InvalidRequest(f"Missing required param: {param}.", code="parameter_missing", param=param)
    length = _IBAN_LENGTHS.get(text[:2])
    if length is None or not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}", text):
        raise InvalidRequest("The IBAN you provided is invalid: it begins with the country of a SEPA bank and two "
                             "check digits.", code="invalid_bank_account_iban", param=param)
    digits = "".join(str(int(char, 36)) for char in text[4:] + text[:4])
    if len(text) != length or int(digits) % 97 != 1:
        raise InvalidRequest("The IBAN you provided is invalid: its length or its check digits are wrong.",
                             code="invalid_bank_account_iban", param=param)
    return text


def _account(given: Any, param: str) -> str:
    text = re.sub(r"[ -]", "", given) if isinstance(given, str) else ""
    if not text:
        raise InvalidRequest(f"Missing required param: {param}.", code="parameter_missing", param=param)
    if not re.fullmatch(r"[0-9]{4,17}", text):
        raise InvalidRequest("An account number has 4 to 17 digits.", code="account_number_invalid", param=param)
    return text


def _routing(given: Any, param: str) -> None:
    if not given:
        raise InvalidRequest(f"Missing required param: {param}.", code="parameter_missing", param=param)
    fits = isinstance(given, str) and re.fullmatch(r"[0-9]{9}", given)
    digits = [int(char) for char in given] if fits else []
    if not digits or sum(weight * digit for weight, digit in zip((3, 7, 1) * 3, digits, strict=True)) % 10:
        raise InvalidRequest("A routing number has nine digits, of which the last is a check digit; in test mode use "
                             "110000000.", code="routing_number_invalid", param=param)
