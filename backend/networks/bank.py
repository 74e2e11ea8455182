"""The connector to the bank that collects debits: JSON over HTTP, asked by our own reference like any acquirer.

A debit is accepted first and decided later, so its good answer is PENDING and only an enquiry tells the end. `at` is
the time in the payment's environment: the sandbox's bank lives in it.
"""

import asyncio
from typing import Any

import httpx2

from backend.networks import connections
from backend.networks.port import Answer, Card, Outcome, Status, ThreeDSecure

NAME = "bank"
TYPES = ("us_bank_account", "sepa_debit")
"""The types of payment methods that are collected here."""
_NOT_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
_OUTCOMES = {"approved": Outcome.APPROVED, "pending": Outcome.PENDING, "declined": Outcome.DECLINED}


class Bank:
    """One pooled client. It keeps the promises of `Connector`; what only cards can do is refused."""

    name = NAME
    longest_processing_seconds = 5.0

    def __init__(self, base: str) -> None:
        self._client = connections.client(base)

    async def debit(self, *, key: str, account: str, routing_number: str, amount: int, currency: str, at: str,
                    deadline: float) -> Answer:
        """Ask for a debit of an account."""
        return await self._send({"kind": "sale", "key": key, "account": account, "routing_number": routing_number,
                                 "amount": amount, "currency": currency, "at": at}, deadline)

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
        return Status(found["status"], found.get("amount"), found.get("currency"), found.get("acquirer_ref"),
                      response_code=found.get("response_code"))

    async def echo(self) -> bool:
        """True when the bank answers."""
        try:
            return bool((await self._client.get("/healthz", timeout=2.0)).status_code == 200)
        except httpx2.HTTPError:
            return False

    async def close(self) -> None:
        """Hang up."""
        await self._client.aclose()

    async def authorize(self, *, key: str, card: Card, amount: int, currency: str, merchant_id: str,
                        merchant_name: str, three_d_secure: ThreeDSecure | None, capture: bool,
                        deadline: float) -> Answer:
        raise ValueError("a bank takes no cards")

    async def increment(self, *, key: str, original_key: str, amount: int, currency: str, deadline: float) -> Answer:
        raise ValueError("a debit holds nothing")

    async def capture(self, *, key: str, original_key: str, amount: int, currency: str, final: bool = True,
                      deadline: float) -> Answer:
        raise ValueError("a debit is not captured")

    async def void(self, *, key: str, original_key: str, amount: int, currency: str, deadline: float) -> Answer:
        raise ValueError("a debit is canceled by our reference")

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
        return Answer(outcome, told.get("response_code"), told.get("acquirer_ref"), sick=False)
