"""3-D Secure transactions of the issuer: their state, the rules of a challenge, and a durable record of each step.

The record never holds a card number. A transaction survives kill -9: it is read back from acs.jsonl.
"""

import asyncio
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sandbox.journal import Journal

TEST_CODE = "123456"
TRIES_MAX = 3
RESENDS_MAX = 3
LIFE_SECONDS = 15 * 60
RIGHT_CHOICES = {"single": ["lisbon"], "multi": ["groceries", "train"]}

# transStatusReason of EMV 3-D Secure
REASON_FAILED, REASON_TIMED_OUT, REASON_TOO_MANY, REASON_TECHNICAL = "01", "14", "19", "22"
# challengeCancel
CANCELLED_BY_CARDHOLDER, TIMED_OUT, NEVER_CHALLENGED = "01", "04", "05"


@dataclass(slots=True)
class Transaction:
    """One authentication. `status` is transStatus; C means that the challenge is still open.

    `value` is the authentication value, told only once the status is Y or A. Amount in minor units. `delivered` says
    that the browser has been handed its CRes once already.
    """

    server_id: str
    acs_id: str
    ds_id: str
    status: str
    value: str
    last4: str
    brand: str
    amount: int
    currency: str
    exponent: int
    merchant: str
    notification_url: str
    requestor_url: str
    version: str
    challenge: str
    content: str
    opened_at: float
    reason: str = ""
    cancel: str = ""
    session_data: str = ""
    seen: bool = False
    app_approved: bool = False
    tries: int = 0
    resends: int = 0
    interactions: int = 0
    notice: str = ""
    delivered: bool = False

    @property
    def finished(self) -> bool:
        """True once nothing can change any more."""
        return self.status != "C"

    @property
    def eci(self) -> str:
        """The electronic commerce indicator: Mastercard counts otherwise than the rest."""
        fully, tried, failed = ("02", "01", "00") if self.brand == "mastercard" else ("05", "06", "07")
        return {"Y": fully, "A": tried}.get(self.status, failed)

    @property
    def told_value(self) -> str:
        """The authentication value, or nothing when there is no proof to tell."""
        return self.value if self.status in ("Y", "A") else ""

    def finish(self, status: str, reason: str = "", cancel: str = "") -> None:
        """The end; a second one is ignored, so a double submit changes nothing."""
        if not self.finished:
            self.status, self.reason, self.cancel, self.notice = status, reason, cancel, ""

    def expire(self, now: float) -> bool:
        """End a challenge that was left open; True when that happened now."""
        if self.finished or now - self.opened_at < LIFE_SECONDS:
            return False
        self.finish("N", REASON_TIMED_OUT, TIMED_OUT if self.seen else NEVER_CHALLENGED)
        return True

    def act(self, action: str, code: str, choices: list[str]) -> None:
        """One press of a button on the issuer's page."""
        if self.finished:
            return
        self.interactions += 1
        self.notice = ""
        if action == "complete":
            self.finish("Y")
        elif action == "fail":
            self.finish("N", REASON_FAILED)
        elif action == "cancel":
            self.finish("N", REASON_FAILED, CANCELLED_BY_CARDHOLDER)
        elif action == "resend" and self.challenge == "otp":
            self._resend()
        elif action == "approve_app" and self.challenge == "oob":
            self.app_approved = True
            self.notice = "Approved in the app. Press Continue to finish."
        elif action == "submit":
            self._check(code, choices)

    def _resend(self) -> None:
        if self.resends >= RESENDS_MAX:
            self.notice = "You have asked for the most codes we can send. Use the last one."
            return
        self.resends += 1
        self.notice = "We sent you a new code."

    def _check(self, code: str, choices: list[str]) -> None:
        if self.challenge == "oob":
            if self.app_approved:
                self.finish("Y")
            else:
                self.notice = "We have not seen your approval yet. Approve in the app, then press Continue."
            return
        given: Any = "".join(code.split()) if self.challenge == "otp" else sorted(choices)
        right: Any = TEST_CODE if self.challenge == "otp" else RIGHT_CHOICES[self.challenge]
        if given == right:
            self.finish("Y")
            return
        self.tries += 1
        left = TRIES_MAX - self.tries
        if left <= 0:
            self.finish("N", REASON_TOO_MANY)
            return
        what = "That code is not right." if self.challenge == "otp" else "That answer is not right."
        self.notice = f"{what} You have {left} {'try' if left == 1 else 'tries'} left."


class Transactions:
    """All transactions, in memory and in {data}/sandbox/acs.jsonl."""

    def __init__(self, data: Path, on_failure: Callable[[str], None], now: Callable[[], float] = time.time) -> None:
        self.now = now
        self.journal = Journal(data / "sandbox" / "acs.jsonl", on_failure)
        self._by_server: dict[str, Transaction] = {}
        self._by_acs: dict[str, Transaction] = {}
        for record in self.journal.records:
            self._keep(Transaction(**record))

    def start(self) -> None:
        """Begin to write, on the running loop."""
        self.journal.start(asyncio.get_running_loop())

    async def open(self, **values: Any) -> Transaction:
        """A new transaction, on disk when this returns."""
        one = Transaction(acs_id=str(uuid.uuid4()), opened_at=self.now(), **values)
        self._keep(one)
        await self.save(one)
        return one

    async def save(self, one: Transaction) -> None:
        """Write the present state and wait for the disk."""
        self.journal.append(asdict(one))
        await self.settle()

    async def settle(self) -> None:
        """Wait until everything written so far is on disk: nothing is told before."""
        durable = asyncio.Event()
        self.journal.when_durable(durable.set)
        await durable.wait()

    async def by_server_id(self, server_id: str) -> Transaction | None:
        """By threeDSServerTransID."""
        return await self._fresh(self._by_server.get(server_id))

    async def by_acs_id(self, acs_id: str) -> Transaction | None:
        """By acsTransID, which nobody can guess: it is the right to answer the challenge."""
        return await self._fresh(self._by_acs.get(acs_id))

    async def _fresh(self, one: Transaction | None) -> Transaction | None:
        if one is not None and one.expire(self.now()):
            await self.save(one)
        elif one is not None:
            await self.settle()
        return one

    def _keep(self, one: Transaction) -> None:
        self._by_server[one.server_id] = self._by_acs[one.acs_id] = one
