"""What messages to the outside are about, and what an answer to one changes.

A new kind of message is one subject, and one row in the reconciler's table of subjects (reconciliation/subjects.py).
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from backend.context import Context
from backend.errors import FarthingError
from backend.exchanges.rows import Attempt, Ending
from backend.rows import Doc

Row = dict[str, Any]


class Changed(Exception):
    """The subject changed since it was read; read it again and decide anew."""


class Superseded(Exception):
    """Somebody else settled the attempt meanwhile; what they wrote stands."""


class Repeated(Exception):
    """The acquirer gave the message the reference of another one: which of the two it means, only people can tell."""


@dataclass(slots=True)
class Effect:
    """What one answer changes, in one commit."""

    attempt: Ending | None = None
    """The end of the attempt; None for a change that no message made."""
    parts: Doc = field(default_factory=dict)
    """All else that the commit writes, as the subject's statement takes it."""
    error: FarthingError | None = None
    """What the caller is told instead of an object. An ApiError means that nothing happened: its key is let go, and the
    same request may run afresh."""
    shown: Row | None = None
    """The object that the request is answered with; without it, and without an error, its key has no answer yet."""
    resource: str | None = None
    """What the request's key made, if it made something."""
    then: Callable[[], None] | None = None
    """What follows in memory once this is written."""


class Subject(Protocol):
    """A payment, a refund, …: as a verb or the reconciler read it. What it knows is replaced by what it has written."""

    @property
    def noun(self) -> str:
        """How an error calls it."""
        ...

    async def renew(self, ctx: Context) -> None:
        """Read itself anew."""
        ...

    def turn(self, ctx: Context) -> AbstractAsyncContextManager[None]:
        """Around a conclusion: where many of one kind wait for each other in this process, its turn, read anew."""
        ...

    def message(self, ctx: Context, attempt: Attempt) -> tuple[str, Row]:
        """What is sent: an operation of the vault's link, and its fields beside connector, key, amount and currency."""
        ...

    def effect(self, ctx: Context, attempt: Attempt, answer: Row) -> Effect:
        """What an answer changes; `outcome` in it is approved, declined, unknown, pending, not_sent, not_received,
        reversed, and what only this subject knows."""
        ...

    async def goes_again(self, ctx: Context, attempt: Attempt) -> bool:
        """Whether a message that surely did not arrive may still do what it was to do."""
        ...

    async def write(self, ctx: Context, doc: Doc) -> None:
        """One commit; raises Changed, Superseded, and what a request's key says (Replay, Conflict)."""
        ...
