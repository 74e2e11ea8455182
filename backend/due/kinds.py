"""The kinds of work that come due; each has its one handler in `workers/kinds.py`."""

from enum import StrEnum


class Kind(StrEnum):
    """What a worker is told to do in an environment.

    The first four are queues: their rows say themselves when they are due. The others are timers, rows of `pay.due`.
    """

    OUTBOX = "outbox"
    WEBHOOKS = "webhooks"
    RECONCILE = "reconcile"
    MAIL = "mail"
    CAPTURE_WINDOW = "capture_window"
    """Of a payment whose money is held: the end of the time in which it can be captured."""
    SESSION = "session"
    """Of an open checkout session: its end."""
    PAYMENT_LINK = "payment_link"
    """Of a payment link that will end while it is switched on: its end."""
    FUNDS = "funds"
    """Of an environment with pending money, one: the moment at which the next of it becomes available."""
    UNDOING = "undoing"
    """Of a message that was approved after it was settled as not done: when its acquirer is next told to undo it."""
    CHORE = "chore"
    """Of the installation (environment 0): housekeeping, one for each of `workers/chores.py`."""
