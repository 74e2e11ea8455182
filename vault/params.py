"""What the vault's own calls take, as tables of the fields that every door has. Errors repeat no value: it may be a
card's, typed a field too far left. Source: reference contract section 5."""

from dataclasses import dataclass
from typing import Any

from backend.errors import missing
from backend.fields.structures import Array, Hash, Metadata
from backend.fields.tables import BILLING, EXPIRY, OWNER, REDISPLAY, Table
from backend.fields.types import Choice, Text, Type


@dataclass(frozen=True, slots=True)
class CardData(Text):
    """What only the vault takes, and so is not searched for card numbers; what stands around it is stripped."""

    def parse(self, value: Any, path: str) -> str:
        return self.bounded(value, path).strip()


NETWORKS = Hash({"preferred": Choice(("cartes_bancaires", "mastercard", "visa"), unset=True)})
_CARD: dict[str, Type] = {"number": CardData(), **EXPIRY, "cvc": CardData(), "networks": NETWORKS}
NEEDED = ("number", *EXPIRY)
OWNED = Table({**_CARD, **OWNER, "object": Choice(("card",))}, silent=True)
"""The card of a token, with whose it is."""
_ASKED: dict[str, Type] = {"key": Text(max=500), "expand": Array(Text(max=500))}
"""Beside what a call is about: whose key it is, and what to expand, of which a new card has nothing."""
METHOD = Table({**_ASKED, "type": Choice(("card",), required=True), "allow_redisplay": REDISPLAY,
                "card": Hash({**_CARD, "token": Text(max=500)}), "billing_details": BILLING, "metadata": Metadata()},
               silent=True)
TOKEN = Table({**_ASKED, "card": Hash(OWNED.fields)}, silent=True)
_TYPED = Text(unset=True)
SESSION = Table({"session_token": Text(required=True)}, silent=True)
CHECKOUT = Table({
    **SESSION.fields, "cardNumber": CardData(required=True), "cardExpiry": CardData(required=True),
    "cardCvc": CardData(required=True), "billingName": _TYPED, "billingCountry": _TYPED, "billingPostalCode": _TYPED,
    "email": _TYPED}, silent=True)
"""The form of the hosted page."""


def needed(card: dict[str, Any], at: str) -> dict[str, Any]:
    """A card that stands under `at`, whole; raises InvalidRequest for the first part that is missing."""
    for name in NEEDED:
        if name not in card:
            raise missing(f"{at}[{name}]")
    return card


def owned(flat: dict[str, str], at: str) -> dict[str, Any]:
    """A card that stood under `at` in a request to the API, of whose names `a][b` is b in the hash a."""
    tree: dict[str, Any] = {}
    for name, value in flat.items():
        first, _, within = name.partition("][")
        if within:
            tree.setdefault(first, {})[within] = value
        else:
            tree[name] = value
    return OWNED.parse(tree, at)
