"""The connector to the bank that collects debits: JSON over HTTP, asked by our own reference like any acquirer.

A debit is accepted first and decided later, so its good answer is PENDING and only an enquiry tells the end. `at` is
the time in the payment's environment: the sandbox's bank lives in it.
"""

import asyncio
from typing import Any, ClassVar

import httpx2

from backend.networks import connections
from backend.networks.port import Account, Answer, Connector, Outcome, Reason, Status

REASONS = {
    "AC01": Reason.NO_ACCOUNT, "AC04": Reason.ACCOUNT_CLOSED, "AC06": Reason.NUMBER_DEACTIVATED,
    "AM03": Reason.WRONG_CURRENCY, "AM04": Reason.INSUFFICIENT_FUNDS, "AM14": Reason.AMOUNT_LIMIT,
    "AM21": Reason.COUNT_LIMIT, "MD01": Reason.NOT_AUTHORIZED, "MS03": Reason.GENERIC,
}
"""ISO 20022's external status reasons."""
_NOT_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
_OUTCOMES = {"approved": Outcome.APPROVED, "pending": Outcome.PENDING, "declined": Outcome.DECLINED,
             # what was called back, before it came or after, is refused for good
             "tombstone": Outcome.DECLINED, "reversed": Outcome.DECLINED}


class Bank(Connector):
    """One pooled client."""

    name = "bank"
    takes: ClassVar = frozenset({"us_bank_account", "sepa_debit"})
    longest_processing_seconds = 5.0

    def __init__(self, base: str) -> None:
        self._client = connections.client(base)

    async def debit(self, *, key: str, account: Account, amount: int, currency: str, at: str,
                    deadline: float) -> Answer:
        """Ask for a debit of an account."""
        return await self._send({"kind": "sale", "key": key, "account": account.number,
                                 "routing_number": account.routing_number, "amount": amount, "currency": currency,
                                 "at": at}, deadline)

    async def refund(self, *, key: str, original_key: str, amount: int, currency: str, deadline: float) -> Answer:
        """Give back part or all of a debit that succeeded."""
        return await self._send({"kind": "refund", "key": key, "original_key": original_key, "amount": amount,
                                 "currency": currency}, deadline)

    async def cancel(self, *, key: str, original_key: str, deadline: float) -> Answer:
        """Call a debit back, or refuse for good what has not come yet."""
        return await self._send({"kind": "cancel", "key": key, "original_key": original_key}, deadline)

    async def inquire(self, *, key: str, deadline: float, at: str = "") -> Status:
        """What became of a message, by its key."""
        try:
            async with asyncio.timeout(deadline):
                reply = await self._client.get(f"/bank/messages/{key}", params={"at": at} if at else {},
                                               timeout=deadline)
            found = reply.json() if reply.status_code == 200 else None
        except (httpx2.HTTPError, TimeoutError, ValueError):
            found = None
        if not isinstance(found, dict) or "status" not in found:
            return Status("no_answer")
        code = found.get("response_code")
        return Status(found["status"], found.get("amount"), found.get("currency"), found.get("acquirer_ref"),
                      response_code=code, why=_reason(code) if found["status"] in ("declined", "returned") else None)

    async def echo(self) -> bool:
        """True when the bank answers."""
        try:
            return bool((await self._client.get("/healthz", timeout=2.0)).status_code == 200)
        except httpx2.HTTPError:
            return False

    async def close(self) -> None:
        """Hang up."""
        await self._client.aclose()

    async def _send(self, message: dict[str, Any], deadline: float) -> Answer:
        """No answer, or one that cannot be read, is unknown; only a connection that never stood is `not_sent`."""
        try:
            async with asyncio.timeout(deadline):
                reply = await self._client.post("/bank/messages", json=message, timeout=deadline)
            told = reply.json()
            outcome = _OUTCOMES[told["status"]] if reply.status_code == 200 else Outcome.UNKNOWN
        except _NOT_SENT as error:
            return Answer(Outcome.NOT_SENT, reason=type(error).__name__, sick=True)
        except (httpx2.HTTPError, TimeoutError, ValueError, KeyError, TypeError) as error:
            return Answer(Outcome.UNKNOWN, reason=type(error).__name__, sick=True)
        if outcome is Outcome.UNKNOWN:
            return Answer(outcome, reason=f"the bank answered {reply.status_code}", sick=True)
        code = told.get("response_code")
        return Answer(outcome, code, told.get("acquirer_ref"), sick=False,
                      why=_reason(code) if outcome is Outcome.DECLINED else None)


def _reason(code: str | None) -> Reason:
    return REASONS.get(code or "", Reason.OTHER)
