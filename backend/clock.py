"""The clock that is handed in: nothing else in the backend reads the time of day."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Gives the business time, in UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def unix(moment: datetime | str | None) -> int | None:
    """Whole seconds since 1970, as the API shows times; takes ISO 8601 text as well, None stays None."""
    if moment is None:
        return None
    return int((datetime.fromisoformat(moment) if isinstance(moment, str) else moment).timestamp())
