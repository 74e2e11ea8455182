"""Choosing a version, and taking requests and answers across the chain of changes; pure."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from backend.errors import InvalidRequest
from backend.versions.changes import CHANGES, Change

Json = dict[str, Any]
KNOWN: tuple[str, ...] = tuple(line for line in (Path(__file__).parent / "known.txt").read_text().splitlines()
                               if line and not line.startswith("#"))
LATEST = KNOWN[-1]


def known(given: str, param: str = "Stripe-Version") -> str:
    """`given` when it is a version that is served here; raises InvalidRequest with what is."""
    if given in KNOWN:
        return given
    shown = given.isprintable() and given.isascii() and given[:40]
    near = next((one for one in reversed(KNOWN) if shown and one[:10] == shown[:10]), None)
    hint = f" Did you mean {near}?" if near else ""
    raise InvalidRequest(f"Invalid Stripe API version: {shown or '(unreadable)'}.{hint} This server speaks "
                         f"{KNOWN[0]} to {LATEST}; leave the header out for the account's default.", param=param)


@cache
def _since(version: str) -> tuple[Change, ...]:
    """The changes that `version` does not have yet, newest first."""
    return tuple(change for change in CHANGES if change.version[:10] > version[:10])


def newer(path: str, tree: Json, version: str) -> None:
    """Turn the parameters of a request in `version` into today's, in place; `path` as the routes spell it."""
    for change in reversed(_since(version)):
        if path in change.newer:
            change.newer[path](tree)


def included(version: str) -> list[tuple[str, str]]:
    """The (object, list) pairs that answers of `version` carry without being asked, outer objects first."""
    return [pair for change in _since(version) for pair in change.includes.items()]


def older(answer: Any, version: str) -> Any:
    """Turn an answer of today into one of `version`, in place; every object within it too."""
    changes = _since(version)
    if changes:
        for shape in objects(answer):
            for change in changes:
                if undo := change.older.get(shape["object"]):
                    undo(shape)
    return answer


def objects(answer: Any) -> Iterator[Json]:
    """Every object in an answer, the outer ones first."""
    if isinstance(answer, dict):
        if isinstance(answer.get("object"), str):
            yield answer
        for value in list(answer.values()):
            yield from objects(value)
    elif isinstance(answer, list):
        for value in answer:
            yield from objects(value)
