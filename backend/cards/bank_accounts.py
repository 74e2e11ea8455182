"""Bank accounts in the vault: a number goes in and a token comes out, to be opened for one message to the bank."""

import base64
from dataclasses import dataclass
from typing import Any

import structlog

from backend import ids
from backend.cards import fingerprints, sql, test_accounts
from backend.cards.keys import Damaged, KeyLost, unreadable
from backend.cards.tokens import Safe
from backend.errors import ApiError, NotFound

log = structlog.get_logger(__name__)

_FIELD = "number"
_KEEP_TRIES = 3
_BANKS = {test_accounts.US_ROUTING: "FARTHING TEST BANK"}
_BANK_CODES = {"AT": 5, "BE": 3, "DE": 8, "FR": 5, "IE": 4}
"""How many characters of an IBAN after its check digits name the bank."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account in the clear, for one message. `repr` shows last4 only."""

    number: str
    routing_number: str

    def __repr__(self) -> str:
        return f"Account(…{self.number[-4:]})"


async def keep(safe: Safe, env: int, account: str, type: str, number: str, said: dict[str, Any]) -> dict[str, Any]:
    """Seal an account's number; `said` is what its holder told beside it. Returns its facts with the new `token`."""
    facts = _facts(safe, account, type, number, said)
    token = ids.new("pm", env)
    for _ in range(_KEEP_TRIES):
        key = await safe.keys.active(env)
        if await sql.bank_keep(safe.db, env, token, key.id, account, key.seal(token, _FIELD, number.encode()), facts):
            log.info("bank_account_kept", env=env, token=token, last4=facts["last4"], type=type)
            return {"found": True, "token": token, "type": type, "bank": facts}
        safe.keys.forget()  # another process destroyed this key a moment ago
    raise ApiError("The bank account could not be stored; try again.")


async def keep_alias(safe: Safe, env: int, account: str, name: str) -> dict[str, Any] | None:
    """A fresh token for the test account that an alias stands for, verified already; None for an unknown name."""
    found = test_accounts.ALIASES.get(name)
    if found is None:
        return None
    type, number = found
    said = {"routing_number": test_accounts.US_ROUTING, "account_holder_type": "individual",
            "account_type": "checking", "verified": number not in test_accounts.NO_DEPOSITS}
    return await keep(safe, env, account, type, number, said)


async def use(safe: Safe, env: int, token: str) -> Account:
    """The account behind a token, for one message. Raises NotFound, or ApiError when it does not open."""
    row = await sql.bank_open(safe.db, env, token)
    if row is None:
        raise NotFound("PaymentMethod", token, "payment_method")
    try:
        key = await safe.keys.get(env, row["key_id"])
        number = key.open(token, _FIELD, base64.b64decode(row["sealed"])).decode()
    except (KeyLost, Damaged) as error:
        log.error("bank_account_unreadable", env=env, token=token, reason=type(error).__name__)
        raise unreadable() from None
    log.info("bank_account_used", env=env, token=token, last4=number[-4:])
    return Account(number, row["facts"].get("routing_number") or "")


def _facts(safe: Safe, account: str, type: str, number: str, said: dict[str, Any]) -> dict[str, Any]:
    common = {"last4": number[-4:], "fingerprint": fingerprints.of(safe.fingerprint_key, account, number)}
    if type == "sepa_debit":
        country = number[:2]
        return {**common, "country": country, "bank_code": number[4:4 + _BANK_CODES.get(country, 5)],
                "branch_code": ""}
    return {**common, "routing_number": said["routing_number"],
            "account_holder_type": said.get("account_holder_type") or "individual",
            "account_type": said.get("account_type") or "checking",
            "bank_name": _BANKS.get(said["routing_number"]), "verified": bool(said.get("verified")),
            "deposits": number not in test_accounts.NO_DEPOSITS, "tries": 0}
