"""Security codes, in this process's memory alone, each for one authorisation and at most ten minutes (PCI DSS 3.3).

They are kept as bytearrays that are overwritten when they leave. Python may still hold short-lived copies of the
text that came in; the process therefore writes no core dump and locks its memory where it may.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

TTL_SECONDS = 600.0
COUNT_MAX = 200_000
"""Beyond this many waiting codes the oldest goes: its card is then authorised without one."""


@dataclass(slots=True)
class Held:
    """One code out of the store, for one use. `wipe` overwrites it; `give_back` in Cvcs returns it unused."""

    token: str
    digits: bytearray
    ends_at: float

    def __repr__(self) -> str:
        return "Held(…)"

    @property
    def text(self) -> str:
        return self.digits.decode()

    def wipe(self) -> None:
        self.digits[:] = bytes(len(self.digits))


class Cvcs:
    """Codes by token, oldest first."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._held: dict[str, Held] = {}
        self._monotonic = monotonic

    def __repr__(self) -> str:
        return f"Cvcs({len(self._held)} held)"

    def __len__(self) -> int:
        return len(self._held)

    def put(self, token: str, cvc: str) -> None:
        """Hold a code for the next authorisation of `token`."""
        if len(self._held) >= COUNT_MAX:
            self._held.pop(next(iter(self._held))).wipe()
        self._held[token] = Held(token, bytearray(cvc.encode()), self._monotonic() + TTL_SECONDS)

    def take(self, token: str) -> Held | None:
        """Remove and return the code of `token`; None when there is none, or none any more."""
        held = self._held.pop(token, None)
        if held and held.ends_at <= self._monotonic():
            held.wipe()
            return None
        return held

    def give_back(self, held: Held, seconds: float = TTL_SECONDS) -> None:
        """Keep a code that was taken but surely not sent to anybody, until its old end; or for so many seconds one
        that was sent and answered, for the second try of the same confirmation."""
        held.ends_at = min(held.ends_at, self._monotonic() + seconds)
        self._held[held.token] = held

    def forget(self, token: str) -> None:
        """Wipe the code of `token`, if there is one."""
        held = self._held.pop(token, None)
        if held:
            held.wipe()

    def expire(self) -> None:
        """Wipe what is older than the TTL; called by the vault's timer."""
        now = self._monotonic()
        for token in [t for t, held in self._held.items() if held.ends_at <= now]:
            self._held.pop(token).wipe()
