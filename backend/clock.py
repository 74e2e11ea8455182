"""The clock that is handed in: nothing else in the backend reads the time of day."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Gives the business time, in UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class Ahead:
    """A clock that runs ahead of another by a fixed time."""

    def __init__(self, clock: Clock, ahead: timedelta) -> None:
        self._clock, self._ahead = clock, ahead

    def now(self) -> datetime:
        return self._clock.now() + self._ahead


class Clocks:
    """How far the clocks of environments run ahead: those of test environments that somebody has set, and no others."""

    def __init__(self) -> None:
        self.ahead: Mapping[int, timedelta] = {}

    def of(self, env: int, clock: Clock) -> Clock:
        """The business time of an environment, where `clock` is the system's."""
        ahead = self.ahead.get(env)
        return clock if ahead is None else Ahead(clock, ahead)


def unix(moment: datetime | str | None) -> int | None:
    """Whole seconds since 1970, as the API shows times; takes ISO 8601 text as well, None stays None."""
    if moment is None:
        return None
    return int((datetime.fromisoformat(moment) if isinstance(moment, str) else moment).timestamp())
