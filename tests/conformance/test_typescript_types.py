"""Our tables of objects against the official TypeScript types: what may be null, missing or expanded."""

import json
import shutil
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from api.expand import DEPTH_MAX
from api.objects import EXPANDER, OBJECTS
from backend.objects import Kind, walk
from tests import packages

Types = dict[str, dict[str, tuple[bool, bool, bool]]]
_OTHERWISE: dict[str, dict[str, str]] = {
    "charge": dict.fromkeys(("payment_method_details.card.exp_month", "payment_method_details.card.exp_year"),
                            "a card that was never read has none"),
    "confirmation_token": dict.fromkeys(("shipping.address", "shipping.name"),
                                        "a shopper may have given only one of the two"),
}
"""object -> path -> why ours is of another kind."""


@pytest.fixture(scope="module")
def types() -> Types:
    """object -> path -> (may be missing, may be null, may be expanded)."""
    shutil.copy(packages.LOCKS / "types.mjs", packages.installed() / "types.mjs")
    found: Types = json.loads(packages.node("types.mjs", "stripe"))
    return found


_INCLUDED = {
    "charge": ("refunds", "transfer"),
    "checkout.session": ("invoice", "line_items", "line_items.data.discounts", "line_items.data.taxes",
                         "subscription", "total_details.breakdown"),
    "coupon": ("applies_to", "currency_options"),
    "customer": ("cash_balance", "discount", "sources", "subscriptions", "tax", "tax_ids"),
    "payment_intent": ("last_payment_error.payment_method",),
    "price": ("currency_options", "tiers"),
}
"""What official clients expand beside ids: lists and hashes that appear when they are asked for, whole objects."""


@pytest.mark.parametrize("name", sorted(OBJECTS))
def test_what_official_clients_expand_can_be_expanded(types: Types, name: str) -> None:
    ours = dict(walk(OBJECTS[name].fields))
    ids = [path for path, (_, _, expanded) in types[name].items()
           if expanded and path.rpartition(".")[0] in {"", *ours}]
    for path in [*ids, *_INCLUDED.get(name, ())]:
        EXPANDER.plan({"0": path}, name, listed=False)
        if path.count(".") < DEPTH_MAX - 1:
            EXPANDER.plan({"0": f"data.{path}"}, name, listed=True)


@pytest.mark.parametrize("name", sorted(OBJECTS))
def test_what_may_be_null_missing_or_expanded_is_what_the_official_types_say(types: Types, name: str) -> None:
    wrong = dict(_wrong(OBJECTS[name].fields, types[name]))
    known = _OTHERWISE.get(name, {})
    assert not (new := {path: why for path, why in wrong.items() if path not in known}), new
    assert not known.keys() - wrong.keys(), "these differ no more"


def _wrong(fields: Mapping[str, Kind], official: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Path -> how our field may surprise an official client."""
    for path, kind in walk(fields):
        if path in official:
            missing, null, expanded = official[path]
            if kind.nullable and not null:
                yield path, "null, where the official field is missing or always there"
            if kind.optional and not kind.included and not missing:
                yield path, "missing, where the official field is always there"
            if expanded and not kind.objects:
                yield path, "cannot be expanded"
