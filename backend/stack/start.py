"""Starting child processes and waiting until they answer, several at a time."""

import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from backend.stack.children import Child, describe_exit
from backend.stack.trouble import Trouble

TRIES_MAX = 10
_STEP_SECONDS = 0.02
_RETRY_SECONDS = 0.5
# What a PostgreSQL says whose killed predecessor has not quite gone (measured: several tries may be needed).
_NOT_YET_GONE = ("another postmaster", "another server", "pre-existing shared memory", "lock file", "Address already")
# Last lines that only repeat that it ended; the line before says why.
_SAYS_NOTHING = ("Application startup failed. Exiting.",)


def bring_up(children: Sequence[Child], check: Callable[[], None] = lambda: None) -> None:
    """Start `children` together and return when each is ready; see `wait`."""
    for child in children:
        child.spawn()
    wait(children, check)


def wait(children: Sequence[Child], check: Callable[[], None] = lambda: None) -> None:
    """Return when each of these started children is ready; `check` is called all the while and may raise.

    Raises Trouble with the name, the exit code and the last log line of one that ends or never answers.
    """
    waiting = list(children)
    while waiting:
        check()
        waiting = [child for child in waiting if not _settled(child)]
        if waiting:
            time.sleep(_STEP_SECONDS)


def _settled(child: Child) -> bool:
    """True when ready, False to ask again; starts it again when only its predecessor stood in the way."""
    if child.exit_code() is not None:
        tries = len(child.starts)
        if tries < TRIES_MAX and any(sign in line for line in child.said() for sign in _NOT_YET_GONE):
            time.sleep(_RETRY_SECONDS)
            child.spawn()
            return False
        raise Trouble(died(child))
    if child.ready(child):
        return True
    if time.monotonic() - child.starts[-1] > child.start_seconds:
        raise Trouble(f"{child.name} did not answer within {child.start_seconds:.0f} seconds; {_last_words(child)}.")
    return False


def died(child: Child) -> str:
    """One sentence about a child that ended by itself."""
    lines = child.said()
    if any("No space left on device" in line for line in lines):
        return f"{child.name} stopped because the disk is full: free some space and start again."
    return f"{child.name} ended with {describe_exit(child.exit_code())}; {_last_words(child)}."


def _last_words(child: Child) -> str:
    lines = [gist(line) for line in child.said() if not any(empty in line for empty in _SAYS_NOTHING)]
    return f"its last words: {lines[-1]} (see {child.log})" if lines else f"it wrote nothing to {child.log}"


def gist(line: str) -> str:
    """What a log line says, without its machinery: of a JSON line the event and the last line of its cause."""
    with suppress(ValueError):
        event = json.loads(line)
        if isinstance(event, dict):
            cause = str(event.get("exception") or event.get("error") or "").strip().splitlines()
            line = f"{event.get('event', '')}{': ' + cause[-1] if cause else ''}"
    return " ".join(line.split())[:300]
