"""Who in the house must hear of an event before merchants do, and of which events.

The writer of an event says whom its object concerns; the table says of what they hear. What an event awaits stands with
it in the outbox, so that the relay neither knows nor asks who listens to what. The verbs belong to higher floors:
`workers/outbox.py` names the one for each.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum

from backend.events.types import Type


class Reaction(StrEnum):
    """One verb of ours that follows from events; its name stands in the outbox."""

    SETTLE_SESSION = "settle_session"
    """A checkout session is brought up to date with its intent: it is complete, or its shopper is back at the form."""


HEARS: Mapping[Reaction, frozenset[Type]] = {
    Reaction.SETTLE_SESSION: frozenset({
        Type.PAYMENT_INTENT_SUCCEEDED, Type.PAYMENT_INTENT_AMOUNT_CAPTURABLE_UPDATED,
        Type.PAYMENT_INTENT_PAYMENT_FAILED, Type.SETUP_INTENT_SUCCEEDED}),
}


def awaited(type: Type, concerned: Collection[Reaction]) -> list[str]:
    """The reactions that an event of this type awaits, of those that its object concerns."""
    return [one.value for one in concerned if type in HEARS[one]]
