"""The chain of versions: every change is undone for older callers and for nobody else."""

import copy

import pytest

from backend.errors import InvalidRequest
from backend.versions import versions
from backend.versions.changes import CHANGES


def _before(change) -> str:
    return max(one for one in versions.KNOWN if one[:10] < change.version[:10])


def test_the_changes_stand_newest_first_and_are_named_once():
    dates = [change.version for change in CHANGES]
    assert dates == sorted(dates, reverse=True)
    assert len({change.name for change in CHANGES}) == len(CHANGES)
    assert all(change.version in versions.KNOWN for change in CHANGES)
    assert sorted(versions.KNOWN) == list(versions.KNOWN)


OLDER = [
    ("allowed_payment_method_types", {"object": "payment_intent", "allowed_payment_method_types": None}, {}),
    ("checkout_ui_modes", {"object": "checkout.session", "ui_mode": "hosted_page"}, {"ui_mode": "hosted"}),
    ("checkout_ui_modes", {"object": "checkout.session", "ui_mode": "elements"}, {"ui_mode": "custom"}),
    ("promotion_of_a_promotion_code", {"object": "promotion_code", "promotion": {"type": "coupon", "coupon": "c"}},
     {"coupon": "c"}),
    ("collected_information", {"object": "checkout.session", "ui_mode": "x",
                               "collected_information": {"shipping_details": {"name": "n"}}},
     {"shipping_details": {"name": "n"}}),
    ("no_invoice_on_payments", {"object": "charge"}, {"invoice": None}),
    ("marketing_features", {"object": "product", "marketing_features": [{"name": "a"}]}, {"features": [{"name": "a"}]}),
    ("shipping_of_a_checkout", {"object": "checkout.session", "ui_mode": "x", "shipping_cost": {"shipping_rate": "shr"},
                                "collected_information": {"shipping_details": {"name": "n"}}},
     {"shipping": {"name": "n"}, "shipping_rate": "shr"}),
]


@pytest.mark.parametrize(("name", "new", "old"), OLDER)
def test_an_answer_takes_the_form_of_the_older_version_and_only_there(name, new, old):
    change = next(one for one in CHANGES if one.name == name)
    shown = versions.older(copy.deepcopy(new), _before(change))
    assert {field: shown.get(field) for field in old} == old
    assert not old or shown != new
    assert versions.older(copy.deepcopy(new), versions.LATEST) == new


def test_objects_within_objects_are_turned_too():
    session = {"object": "checkout.session", "ui_mode": "elements"}
    page = {"object": "list", "data": [{"object": "charge", "x": session}]}
    assert versions.older(page, "2024-06-20")["data"][0]["x"]["ui_mode"] == "custom"


NEWER = [
    ("/v1/checkout/sessions", {"ui_mode": "hosted"}, {"ui_mode": "hosted_page"}, "2025-03-31.basil"),
    ("/v1/promotion_codes", {"coupon": "c"}, {"promotion": {"type": "coupon", "coupon": "c"}}, "2024-06-20"),
    ("/v1/payment_intents", {}, {"capture_method": "automatic"}, "2023-10-16"),
    ("/v1/payment_intents", {"capture_method": "manual"}, {"capture_method": "manual"}, "2023-10-16"),
    ("/v1/payment_intents", {}, {"capture_method": "automatic", "payment_method_types": {"0": "card"}}, "2022-11-15"),
    ("/v1/products", {"features": {"0": {"name": "a"}}}, {"marketing_features": {"0": {"name": "a"}}}, "2023-10-16"),
    ("/v1/checkout/sessions", {"line_items": {"0": {"amount": "5", "currency": "usd", "name": "T", "quantity": "1"}}},
     {"line_items": {"0": {"quantity": "1", "price_data": {"unit_amount": "5", "currency": "usd",
                                                           "product_data": {"name": "T"}}}},
      "customer_creation": "always"}, "2020-08-27"),
]


@pytest.mark.parametrize(("path", "given", "made", "version"), NEWER)
def test_an_older_request_is_understood(path, given, made, version):
    tree = copy.deepcopy(given)
    versions.newer(path, tree, version)
    assert tree == made
    today = copy.deepcopy(given)
    versions.newer(path, today, versions.LATEST)
    assert today == given


def test_every_change_is_tested():
    tried = {name for name, _, _ in OLDER} | {"captured_in_the_background", "automatic_payment_methods",
                                              "line_items_are_prices", "customers_when_required",
                                              "charges_of_an_intent", "refunds_of_a_charge"}
    assert tried == {change.name for change in CHANGES}


@pytest.mark.parametrize(("given", "says"), [
    ("2019-01-01", "2020-08-27 to"), ("2025-03-31", "Did you mean 2025-03-31.basil"),
    ("latest", "leave the header out"), ("", "Invalid Stripe API version"), ("x" * 900, "Invalid"),
    ("2026-10-28.preview", "Did you mean 2026-10-28.endive")])
def test_an_unknown_version_gets_a_helpful_answer(given, says):
    with pytest.raises(InvalidRequest, match=says) as refused:
        versions.known(given)
    assert len(refused.value.message) < 300
