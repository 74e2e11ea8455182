"""`previous_attributes`: the old values of what changed, and of nothing else."""

from typing import Any

import pytest

from backend.events.drafts import changed


@pytest.mark.parametrize(("before", "after", "told"), [
    ({"name": "a", "email": "e"}, {"name": "b", "email": "e"}, {"name": "a"}),
    ({"metadata": {"a": "1", "b": "2"}}, {"metadata": {"a": "9", "b": "2", "z": "1"}},
     {"metadata": {"a": "1", "z": None}}),
    ({"metadata": {"a": "1", "b": "2"}}, {"metadata": {"b": "2"}}, {"metadata": {"a": "1"}}),
    ({"address": {"city": "Ulm", "line1": "1 Mews"}}, {"address": {"city": "Bonn", "line1": "1 Mews"}},
     {"address": {"city": "Ulm"}}),
    ({"shipping": {"name": "A", "address": {"city": "Ulm", "country": "DE"}}},
     {"shipping": {"name": "A", "address": {"city": "Bonn", "country": "DE"}}},
     {"shipping": {"address": {"city": "Ulm"}}}),
    ({"address": None}, {"address": {"city": "Ulm"}}, {"address": None}),
    ({"address": {"city": "Ulm"}}, {"address": None}, {"address": {"city": "Ulm"}}),
    ({"images": ["a", "b"]}, {"images": ["a"]}, {"images": ["a", "b"]}),
    ({}, {"amount": 5}, {"amount": None}),
    ({"amount": 5}, {"amount": 5}, {}),
    ({"paid": True, "count": 0}, {"paid": False, "count": 0}, {"paid": True}),
])
def test_only_what_changed_is_told_hashes_entered(before: dict[str, Any], after: dict[str, Any],
                                                  told: dict[str, Any]) -> None:
    assert changed(before, after) == told
