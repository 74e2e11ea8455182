"""Crash points: named lines at which a process kills itself when CRASH_AT names one. Never in live mode.

`CRASH_AT=after_tx1` dies there at the first passing, `after_tx1:3` at the third. `after_tx1*9` lets nine passings come
together at the line and then dies, so nine payments in flight share one death. `@web`, `@vault` or `@worker` at the end
means that process alone. A path instead of a name means a file that holds one of these, read at every passing: dying
removes it, so the restarted process lives, and who removes it meanwhile lets go on who waits at a line (not inside a
transaction: there is no way back).
"""

import asyncio
import os
import re
import signal
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PAYMENT = ("before_tx1", "tx1_key_claimed", "tx1_before_commit", "tx1_commit_unread", "after_tx1", "call_connected",
           "call_half_written", "call_written", "call_answered", "tx2_ledger_posted", "tx2_before_commit",
           "tx2_commit_unread", "after_tx2", "after_answer")
"""The route of a payment; refund, capture and void pass the same ones."""
WORKER = ("relay_dequeued", "relay_committed", "delivery_dequeued", "delivery_leased", "delivery_done",
          "delivery_committed", "reconcile_dequeued", "reconcile_leased", "reconcile_sent_again", "reconcile_done",
          "reconcile_committed", "mail_dequeued", "mail_leased", "mail_sent", "mail_committed")
NAMES = (*PAYMENT, *WORKER)
PROCESSES = ("web", "vault", "worker")

_INSIDE = {"tx1": PAYMENT[1:4], "tx2": PAYMENT[9:12]}
_SPEC = re.compile(r"(\w+)(?:([:*])([1-9]\d{0,3}))?(?:@(\w+))?")
_LOOK_SECONDS, _GATHER_SECONDS = 0.02, 0.1


@dataclass(frozen=True, slots=True)
class Point:
    """Where to die: at which passing, whether the earlier ones wait there, in which process ('' is any)."""

    name: str
    count: int = 1
    together: bool = False
    process: str = ""


armed = False
"""Whether CRASH_AT is set: all that the payment path ever asks while it is not."""
_process, _setting = "", ""
_passed: Counter[Point] = Counter()


def install(process: str, setting: str) -> None:
    """Arm this process, which is called `process`, with the value of CRASH_AT; '' disarms it."""
    global armed, _process, _setting
    armed, _process, _setting = bool(setting), process, setting
    _passed.clear()


def read(text: str) -> Point:
    """What CRASH_AT says; ValueError with a sentence for one that names no point."""
    found = _SPEC.fullmatch(text.strip())
    if not found or found[1] not in NAMES or found[4] not in (None, *PROCESSES):
        raise ValueError(f"CRASH_AT names no crash point ({text.strip()[:60]!r}): backend/crash.py lists them")
    return Point(found[1], int(found[3] or 1), found[2] == "*", found[4] or "")


def check(setting: str) -> None:
    """Raises ValueError for a setting that is neither a point nor the path of a file."""
    if setting and "/" not in setting:
        read(setting)


async def reached(name: str) -> None:
    """Pass the line `name`: perhaps wait there for others, perhaps never return."""
    point = _current()
    if point is None or point.name != name:
        return
    _passed[point] += 1
    await _die_or_wait(point)


def next(name: str) -> bool:
    """Whether the next passing of the line `name` ends or waits there: what it leaves behind may be prepared."""
    point = _current()
    return point is not None and point.name == name and (point.together or _passed[point] + 1 >= point.count)


def stage(doc: dict[str, list[Any]]) -> str:
    """Which transaction of a message a write is: tx1 records it as sent, tx2 settles it; '' is neither."""
    return "tx2" if "settles" in doc else "tx1" if "attempts" in doc else ""


async def beginning(stage: str) -> None:
    """A write of this stage is about to be given to the database.

    Those that are to die together inside it start together as well: they may then share a commit, as a crowd does.
    """
    if stage == "tx1":
        await reached("before_tx1")
    point = _current()
    if point and point.together and point.name in _INSIDE.get(stage, ()):
        _passed[point] += 1
        await _wait(point, point)


async def gathering() -> None:
    """A commit is about to be made: wait until all have come that are to share its death."""
    point = _current()
    if point and point.together and any(point.name in names for names in _INSIDE.values()):
        await asyncio.sleep(_GATHER_SECONDS)


def inside(doc: dict[str, list[Any]]) -> str:
    """The point at which the transaction of this write (one step, or several that share a commit) is to die, or ''."""
    point = _current()
    if point is None or point.name not in _INSIDE.get(stage(doc), ()):
        return ""
    if not point.together:
        _passed[point] += _steps(doc)
        return point.name if _passed[point] >= point.count else ""
    return point.name


async def end_inside(doc: dict[str, list[Any]]) -> None:
    """Die in the open transaction of this write, together with the other steps that came to its line."""
    if point := _current():
        line = Point(f"{point.name} within", point.count, point.together, point.process)
        _passed[line] += _steps(doc) if point.together else point.count
        await _wait(point, line)
    _die()


def _steps(doc: dict[str, list[Any]]) -> int:
    return len(doc.get("settles") or doc.get("attempts") or ())


def _current() -> Point | None:
    """The point that is armed for this process now."""
    text = _setting
    if "/" in text:
        try:
            text = Path(text).read_text()
        except OSError:
            return None
    point = read(text) if text else None
    return point if point and point.process in ("", _process) else None


async def _die_or_wait(point: Point) -> None:
    if _passed[point] >= point.count:
        _die()
    if point.together:
        await _wait(point, point)


async def _wait(point: Point, line: Point) -> None:
    """Until enough have come to the line, or the point is armed no more."""
    while _passed[line] < point.count and _current() == point:  # noqa: ASYNC110 - a file tells nobody of its end
        await asyncio.sleep(_LOOK_SECONDS)


def _die() -> None:
    if "/" in _setting:
        Path(_setting).unlink(missing_ok=True)
    os.kill(os.getpid(), signal.SIGKILL)
