"""Our tables of objects against the types that the official Python package declares for them."""

import importlib
import typing
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest
from stripe._object_classes import OBJECT_CLASSES

from api.objects import OBJECTS
from backend.objects import Kind

_NOT_HERE: dict[str, dict[str, str]] = {
    "account": {"individual": "there are no persons"},
    "card": {
        **dict.fromkeys(("available_payout_methods", "currency", "default_for_currency"),
                        "nothing is paid out to cards"),
        **dict.fromkeys(("description", "iin", "issuer"), "not shown in standard requests at Stripe either"),
        "status": "a card that is shown is a card that may pay"},
    "charge": {
        "authorization_code": "stands in payment_method_details.card, where it is of use",
        "level3": "line items for business cards are not sent to any acquirer",
        "presentment_details": "nothing is presented in another currency than it is charged in"},
    "customer": {
        "business_name": "there is one name", "individual_name": "there is one name",
        "invoice_credit_balance": "there are no invoices"},
    "payment_link": {"name_collection": "not built", "optional_items": "not built"},
    "payment_intent": {
        "hooks": "no tax is computed from an address", "payment_details": "no acquirer takes such references",
        "presentment_details": "nothing is presented in another currency than it is charged in"},
    "token": {"bank_account": "bank accounts are not tokenised"},
}
"""object -> field that the official type calls optional and ours never has -> why."""
_OTHERWISE: dict[str, dict[str, str]] = {
    "charge": dict.fromkeys(("payment_method_details.card.exp_month", "payment_method_details.card.exp_year"),
                            "a card that was never read has none"),
    "confirmation_token": dict.fromkeys(("shipping.address", "shipping.name"),
                                        "a shopper may have given only one of the two"),
}
"""object -> path -> why ours is of another kind."""
_METHODS = {"acss_debit", "affirm", "afterpay_clearpay", "alipay"}
"""Four of the many fields that are named for a method of payment: such a field appears for its own method only."""
_JSON = {str: {"string"}, int: {"integer"}, float: {"integer", "number"}, bool: {"boolean"}}


def _class(name: str) -> Any:
    module, cls = OBJECT_CLASSES[name]
    return getattr(importlib.import_module(module), cls)


def _annotations(cls: Any) -> dict[str, Any]:
    own = {name: one for name, one in cls.__annotations__.items() if not name.startswith("_")}
    return {name: one for name, one in own.items() if name not in ("OBJECT_NAME", "deleted")}


def _parts(annotation: Any) -> tuple[list[Any], bool]:
    """The alternatives of a type, and whether None is one of them."""
    parts = list(typing.get_args(annotation)) if typing.get_origin(annotation) is typing.Union else [annotation]
    return [one for one in parts if one is not type(None)], type(None) in parts


def _object(one: Any) -> str:
    """The object of ours that a forward reference such as "Customer" names."""
    name = getattr(one, "__forward_arg__", "")
    return next((object for object in OBJECTS if OBJECT_CLASSES[object][1] == name), "")


def _alike(kind: Kind, one: Any) -> bool:
    shown, origin = kind.schema, typing.get_origin(one)
    if "const" in shown or origin is typing.Literal:
        return shown.get("type", "string") == "string"
    if origin is list:
        return shown.get("type") == "array"
    if one is Decimal:
        return shown.get("format") == "decimal"
    if one in _JSON:
        return shown.get("type") in _JSON[one]
    return shown.get("type") == "object" or "$ref" in shown or bool(kind.objects)


def _unlike(kind: Kind, parts: list[Any], path: str) -> Iterator[str]:
    """What is wrong with our kind, where the official type is one of `parts`."""
    shown = kind.schema
    if not shown and not kind.objects:
        return
    literals = {value for one in parts if typing.get_origin(one) is typing.Literal for value in typing.get_args(one)}
    if literals and (own := set(shown.get("enum", ())) - literals):
        yield f"{path}: {sorted(own)} are no values of the official type"
    if not any(_alike(kind, one) for one in parts):
        yield f"{path}: ours is {shown}, the official one {parts}"
    if str in parts and (named := {_object(one) for one in parts} - {"", *kind.objects}):
        yield f"{path}: official clients may expand it to {named}"
    for one in parts:
        if isinstance(one, type) and kind.fields:
            yield from _differences(kind.fields, one, f"{path}.")
        if typing.get_origin(one) is list and kind.items:
            yield from _unlike(kind.items, _parts(typing.get_args(one)[0])[0], path)


def _differences(fields: Mapping[str, Kind], cls: Any, prefix: str = "") -> Iterator[str]:
    """Where the fields that both know differ."""
    for name, annotation in _annotations(cls).items():
        if kind := fields.get(name):
            parts, empty = _parts(annotation)
            if not empty and (kind.nullable or kind.optional):
                yield f"{prefix}{name}: official clients rely on it, ours may be missing or null"
            yield from _unlike(kind, parts, f"{prefix}{name}")


@pytest.mark.parametrize("name", sorted(OBJECTS))
def test_every_official_field_is_in_our_table(name: str) -> None:
    declared, ours = set(_annotations(_class(name))), set(OBJECTS[name].fields)
    missing = set() if declared >= _METHODS else declared - ours
    assert missing == set(_NOT_HERE.get(name, {})), "add the field, or say here why it is left out"


@pytest.mark.parametrize("name", sorted(OBJECTS))
def test_fields_are_of_the_official_kind(name: str) -> None:
    found = {text.partition(":")[0]: text for text in _differences(OBJECTS[name].fields, _class(name))}
    known = _OTHERWISE.get(name, {})
    assert not (wrong := [text for path, text in found.items() if path not in known]), "\n".join(wrong)
    assert not known.keys() - found.keys(), "these differ no more"
