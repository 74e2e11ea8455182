"""Keeps the processes of one data folder running: starts them in order, restarts the dead, stops in reverse order."""

import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType

from backend.stack.children import STOP_SECONDS, Child
from backend.stack.console import Errors, say
from backend.stack.start import died, wait
from backend.stack.trouble import Trouble

WELL_SECONDS = 60.0
"""Who lives for so long is well again: its next death is a first one."""
SICK_DEATHS = 6
_DELAY_SECONDS, _DELAY_SECONDS_MAX = 0.5, 60.0
_TICK_SECONDS = 0.1


class Stopped(Exception):
    """Somebody asked us to stop while we were starting."""


@dataclass
class _Return:
    """A dead child on its way back: when it is started and since when it was away."""

    child: Child
    due: float
    away_since: float
    spawned: bool = False


class Supervisor:
    """Holds the running children in the order of their start."""

    def __init__(self) -> None:
        self.children: list[Child] = []
        self._returning: list[_Return] = []
        self._deaths: dict[str, int] = {}
        self._signals = 0
        self.tell: Callable[[list[str]], None] = lambda _: None
        """Called with the names of all who are away, when these change."""

    def listen(self) -> None:
        """Take Ctrl-C, SIGTERM and the closing of the terminal as the wish to stop; a second one hurries."""
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, self._asked)

    def _asked(self, _: int, __: FrameType | None) -> None:
        self._signals += 1

    def check(self) -> None:
        """Raises Stopped once somebody asked."""
        if self._signals:
            raise Stopped

    def begin(self, children: Sequence[Child]) -> None:
        """Start these without waiting for them."""
        for child in children:
            self.children.append(child)
            child.spawn()

    def wait(self, children: Sequence[Child]) -> None:
        """Wait until these are ready. Raises Trouble when one of them or an older one dies."""
        older = [child for child in self.children if child not in children]
        wait(children, lambda: self._check(older))

    def add(self, children: Sequence[Child]) -> None:
        """Start these together and wait until all are ready."""
        self.begin(children)
        self.wait(children)

    def _check(self, older: Sequence[Child]) -> None:
        self.check()
        for child in older:
            if child.exit_code() is not None:
                raise Trouble(died(child))

    def watch(self, each_tick: Callable[[], None] = lambda: None) -> None:
        """Run until somebody asks to stop. A child that keeps dying is tried again for good, with growing pauses; what
        does not need it goes on."""
        errors, away = Errors(self.children), [""]
        while not self._signals:
            for child in self.children:
                if child.exit_code() is not None and not any(back.child is child for back in self._returning):
                    self._plan_return(child)
            self._returning = [back for back in self._returning if not self._returned(back)]
            errors.show()
            for child in self.children:
                child.turn()
            if away != (now := [back.child.name for back in self._returning]):
                away = now
                self.tell(away)
            each_tick()
            time.sleep(_TICK_SECONDS)

    def _plan_return(self, child: Child) -> None:
        now = time.monotonic()
        lived = now - child.starts[-1]
        deaths = self._deaths[child.name] = 1 if lived > WELL_SECONDS else self._deaths.get(child.name, 0) + 1
        delay = min(_DELAY_SECONDS * 2 ** min(deaths - 1, 16), _DELAY_SECONDS_MAX)
        sick = f" It has died {deaths} times in a row; everything else goes on." if deaths >= SICK_DEATHS else ""
        say(f"{died(child)} It is started again in {delay:.1f} s.{sick}")
        self._returning.append(_Return(child, now + delay, now))

    def _returned(self, back: _Return) -> bool:
        """One step of a return; True when it is over, well or not (a new death is then seen as such)."""
        now = time.monotonic()
        if not back.spawned:
            if now >= back.due:
                back.child.spawn()
                back.spawned = True
            return False
        if back.child.exit_code() is not None:
            return True
        if back.child.ready(back.child):
            say(f"{back.child.name} is back after {now - back.away_since:.1f} s.")
            return True
        if now - back.child.starts[-1] > back.child.start_seconds:
            back.child.kill()
        return False

    def stop(self) -> None:
        """Stop all in the reverse order of their start, each politely and after 15 s not."""
        before = self._signals
        for child in reversed(self.children):
            child.ask_to_stop()
            until = time.monotonic() + STOP_SECONDS
            while child.alive() and time.monotonic() < until and self._signals <= before + 1:
                time.sleep(0.01)
            if child.alive():
                say(f"{child.name} did not stop by itself and was ended.")
            if child.process is not None:
                child.kill()
