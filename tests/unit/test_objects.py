"""The kinds of public fields: what they say of themselves in the OpenAPI document, and how they render."""

import pytest

from backend.objects import enum, expandable, hash_of, integer, list_of, null, string, sub_list, table, time, when

CAT = table("cat", "A cat.", {"age": null(integer), "born": null(time), "owner": null(expandable("customer")),
                              "toys": list_of(hash_of({"name": string, "worn": when(enum("a", "b"))}))})


@pytest.mark.parametrize(("kind", "schema"), [
    (null(integer), {"type": ["integer", "null"]}),
    (null(enum("a")), {"type": ["string", "null"], "enum": ["a", None]}),
    (null(expandable("customer")), {"x-expandable": True, "anyOf": [
        {"type": "string"}, {"$ref": "#/components/schemas/customer"}, {"type": "null"}]}),
])
def test_a_nullable_kind_describes_itself(kind, schema):
    assert kind.described() == schema


def test_a_list_within_an_object_describes_itself_as_a_list():
    assert sub_list("refund").described()["properties"]["object"] == {"const": "list"}


def test_a_row_is_rendered_with_every_field():
    shown = CAT.render({"id": "cat_1", "age": None, "toys": [{"name": "mouse", "worn": None}]}, born=7)
    assert shown == {"id": "cat_1", "object": "cat", "age": None, "born": 7, "owner": None, "toys": [{"name": "mouse"}]}


def test_a_field_that_nobody_gives_is_our_mistake():
    with pytest.raises(KeyError, match="name"):
        CAT.render({"id": "cat_1", "toys": [{}]})


def test_the_only_one_of_its_kind_has_no_id():
    assert table("balance", "Money.", {"amount": integer}, id=False).schema()["required"] == ["object", "amount"]
