"""A restricted key and every path of every object: what it may not read by itself it does not read inside another."""

from typing import Any

import pytest

from api.app import RIGHTS
from api.objects import LISTS, LOADERS, OBJECTS
from backend.accounts.permissions import RESOURCES
from backend.objects import Kind, walk

ALL = dict.fromkeys(RESOURCES, "read")
PATHS = [(object.name, path, kind, target) for object in OBJECTS.values() for path, kind in walk(object.fields)
         for one in (kind, kind.items) if one for target in one.objects if RIGHTS.resource(target)]


def holding(name: str, path: str, kind: Kind, target: str) -> dict[str, Any]:
    """An object with another one in full at the end of a path."""
    inner: Any = {"id": "x_1", "object": target, "secret": "S"}
    if kind.included:
        inner = {"object": "list", "data": [inner]}
    elif kind.items is not None:
        inner = [inner]
    fields, shape = OBJECTS[name].fields, {"id": "o_1", "object": name}
    node: Any = shape
    *before, last = path.split(".")
    for step in before:
        of = fields[step]
        node[step] = {} if of.items is None else [{}]
        node = node[step] if of.items is None else node[step][0]
        fields = of.fields or (of.items.fields if of.items else {}) or {}
    node[last] = inner
    return shape


def wrapped(shape: dict[str, Any]) -> list[dict[str, Any]]:
    """An answer that is the object, a page of it, a page of a search, an object that holds it, or an error."""
    return [shape, {"object": "list", "data": [shape]}, {"object": "search_result", "data": [shape]}]


@pytest.mark.parametrize(("name", "path", "kind", "target"), PATHS, ids=[f"{a}:{b}:{c}" for a, b, _, c in PATHS])
def test_it_is_shown_with_the_right_and_an_id_without(name: str, path: str, kind: Kind, target: str) -> None:
    lacking = {resource: level for resource, level in ALL.items() if resource != RIGHTS.resource(target)}
    for number in range(3):
        answer = wrapped(holding(name, path, kind, target))[number]
        RIGHTS.narrow(answer, ALL)
        assert "'secret'" in str(answer)
        RIGHTS.narrow(answer, lacking)
        assert "'secret'" not in str(answer)
        assert kind.included or "'x_1'" in str(answer)


def test_every_object_that_can_be_loaded_belongs_to_a_resource() -> None:
    """One that did not would be shown to every key."""
    expandable = {target for *_, target in PATHS}
    assert {one.name for one in OBJECTS.values() if RIGHTS.resource(one.name) is None} == {"discount", "item"}
    assert len(expandable) > 15
    assert len(LOADERS) + len(LISTS) > 30


def test_objects_within_an_error_need_their_right_too() -> None:
    method = {"id": "pm_1", "object": "payment_method"}
    answer = {"error": {"code": "card_declined", "payment_method": method, "payment_intent": {
        "id": "pi_1", "object": "payment_intent", "last_payment_error": {"payment_method": method}}}}
    RIGHTS.narrow(answer, {"payment_intents": "write"})
    assert answer == {"error": {"code": "card_declined", "payment_intent": {
        "id": "pi_1", "object": "payment_intent", "last_payment_error": {}}}}


def test_what_older_versions_carry_needs_its_right_too() -> None:
    code = {"id": "promo_1", "object": "promotion_code", "coupon": {"id": "spring", "object": "coupon", "name": "S"}}
    RIGHTS.narrow(code, {"promotion_codes": "read"})
    assert code["coupon"] == "spring"
