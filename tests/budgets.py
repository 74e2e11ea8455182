"""An end for work that must not run away: counted in processor time, which other programs on the machine do not use."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def processor_time(seconds: float) -> Iterator[None]:
    """Fails what has used up so much of the processor before the end of the block; main thread only."""
    def over(_: int, __: FrameType | None) -> None:
        raise AssertionError(f"it used {seconds:.0f} s of the processor and was not done")

    before = signal.signal(signal.SIGVTALRM, over)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
