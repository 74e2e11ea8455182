"""Circuit breakers: whether an acquirer is well enough to be given new authorisations.

Only its health counts (no answer, "I broke", broken lines), never what it decides: a thousand declines are a thousand
answers. What belongs to an acquirer already (captures, voids, cancels, enquiries) is not asked about here: it flows.
The state is this process's own; each process learns for itself within seconds.
"""

import time
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Self

import structlog

log = structlog.get_logger(__name__)

WINDOW_SECONDS = 10
VOLUME_MIN = 10
"""Fewer answers than this within the window say nothing."""
SICK_SHARE = 0.5
COOL_DOWN_SECONDS = 60.0
LAST_RESORT_SECONDS = 1.0
"""With no other acquirer to try, so soon after it opened a probe goes; twice as late after each that failed."""
CLOSE_AFTER = 5
"""So many successes in a row, one at a time, close it again."""
_DOUBLINGS_MAX = 10


class Permit:
    """Leave to send one message; use it as a context, so that a probe that was never sent is given back."""

    def __init__(self, breaker: "Breaker", epoch: int, probe: bool) -> None:
        self.name = breaker.name
        self._breaker, self._epoch, self._probe, self._used = breaker, epoch, probe, False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.heard(None)

    def heard(self, sick: bool | None) -> None:
        """What the message told of the acquirer's health; None when it told nothing. Only the first word counts."""
        if not self._used:
            self._used = True
            self._breaker._heard(self._epoch, self._probe, sick)


class Breaker:
    """One acquirer's: closed, open for COOL_DOWN_SECONDS, then half open (one probe at a time)."""

    def __init__(self, name: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self._monotonic = monotonic
        self._seconds: deque[list[int]] = deque()  # [second, answers, of them sick]
        self._opened_at: float | None = None
        self._successes = 0
        self._probing = False
        self._failed_probes = 0
        self._epoch = 0
        """Grows with every opening and closing: answers to messages from before tell nothing of now."""

    @property
    def state(self) -> str:
        """closed, open or half_open."""
        if self._opened_at is None:
            return "closed"
        cooling = self._monotonic() < self._opened_at + COOL_DOWN_SECONDS
        return "open" if cooling and not self._successes else "half_open"

    @property
    def available(self) -> bool:
        """True when `enter` would give leave now."""
        state = self.state
        return state == "closed" or (state == "half_open" and not self._probing)

    @property
    def ready(self) -> bool:
        """True when `probe` would give leave now."""
        if self.available:
            return True
        pause = min(LAST_RESORT_SECONDS * 2**self._failed_probes, COOL_DOWN_SECONDS)
        return self._opened_at is not None and not self._probing and self._monotonic() >= self._opened_at + pause

    def enter(self) -> Permit | None:
        """Leave to send one message, or None."""
        return self._leave() if self.available else None

    def probe(self) -> Permit | None:
        """As `enter`, for want of anything else to try: one message may go before the cool-down is over."""
        return self._leave() if self.ready else None

    def _leave(self) -> Permit:
        probe = self._opened_at is not None
        self._probing = self._probing or probe
        return Permit(self, self._epoch, probe)

    def _heard(self, epoch: int, probe: bool, sick: bool | None) -> None:
        if epoch != self._epoch:
            return
        if probe:
            self._probing = False
            if sick is not None:
                self._probed(sick)
        elif sick is not None:
            self._count(sick)

    def _probed(self, sick: bool) -> None:
        if sick:
            self._failed_probes = min(self._failed_probes + 1, _DOUBLINGS_MAX)
            self._open("probe failed")
            return
        self._successes += 1
        if self._successes >= CLOSE_AFTER:
            self._opened_at, self._epoch, self._failed_probes = None, self._epoch + 1, 0
            self._seconds.clear()
            log.warning("breaker_closed", connector=self.name)

    def _count(self, sick: bool) -> None:
        now = int(self._monotonic())
        if not self._seconds or self._seconds[-1][0] != now:
            self._seconds.append([now, 0, 0])
        self._seconds[-1][1] += 1
        self._seconds[-1][2] += sick
        while self._seconds[0][0] <= now - WINDOW_SECONDS:
            self._seconds.popleft()
        if sick:
            answers = sum(second[1] for second in self._seconds)
            bad = sum(second[2] for second in self._seconds)
            if answers >= VOLUME_MIN and bad >= answers * SICK_SHARE:
                self._open(f"{bad} of {answers} without an answer")

    def _open(self, why: str) -> None:
        self._opened_at, self._successes, self._probing = self._monotonic(), 0, False
        self._epoch += 1
        self._seconds.clear()
        log.error("breaker_opened", connector=self.name, reason=why, cool_down_seconds=COOL_DOWN_SECONDS)


class Breakers:
    """One breaker per acquirer, made when first named."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._each: dict[str, Breaker] = {}

    def of(self, name: str) -> Breaker:
        """The breaker of an acquirer."""
        found = self._each.get(name)
        if found is None:
            found = self._each[name] = Breaker(name, self._monotonic)
        return found
