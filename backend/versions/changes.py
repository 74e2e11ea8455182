"""The breaking changes between API versions, newest first: how the new form becomes the old one, and the reverse.

Each change names the version that brought it. `older` undoes it in an object, in place; `newer` turns the parameters
of an older request into today's, in place, and leaves alone what is spelt the new way already; `includes` are lists
that the old form of an object carried without being asked. Source: the API's public changelog of each version.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """One breaking change."""

    version: str
    name: str
    older: Mapping[str, Callable[[Json], None]] = field(default_factory=dict)
    """By object name."""
    newer: Mapping[str, Callable[[Json], None]] = field(default_factory=dict)
    """By the path of the request, as the routes spell it."""
    includes: Mapping[str, str] = field(default_factory=dict)
    """Object -> what it carried without being asked: a list, or an object that is only named today."""


def _drop(*names: str) -> Callable[[Json], None]:
    def older(shape: Json) -> None:
        for name in names:
            shape.pop(name, None)
    return older


# ---- 2026-03-25.dahlia: the words for where a checkout is shown

_UI_MODES = {"hosted_page": "hosted", "embedded_page": "embedded", "elements": "custom"}


def _ui_mode_older(session: Json) -> None:
    session["ui_mode"] = _UI_MODES.get(session.get("ui_mode") or "", session.get("ui_mode"))


def _ui_mode_newer(params: Json) -> None:
    old = {value: name for name, value in _UI_MODES.items()}
    if params.get("ui_mode") in old:
        params["ui_mode"] = old[params["ui_mode"]]


# ---- 2025-09-30.clover: a promotion code names its promotion

def _promotion_older(code: Json) -> None:
    named = (code.pop("promotion", None) or {}).get("coupon")
    code.setdefault("coupon", named)


def _discount_older(discount: Json) -> None:
    named = (discount.pop("source", None) or {}).get("coupon")
    discount.setdefault("coupon", named)


def _promotion_newer(params: Json) -> None:
    if "coupon" in params and "promotion" not in params:
        params["promotion"] = {"type": "coupon", "coupon": params.pop("coupon")}


# ---- 2025-03-31.basil: what the customer typed into a checkout has a home

def _shipping_older(session: Json) -> None:
    session["shipping_details"] = (session.get("collected_information") or {}).get("shipping_details")


def _invoice_older(shape: Json) -> None:
    shape["invoice"] = None


# ---- 2024-04-10: captured in the background by default; features of a product are for marketing

def _capture_newer(params: Json) -> None:
    params.setdefault("capture_method", "automatic")


def _features_older(product: Json) -> None:
    product["features"] = product.pop("marketing_features", [])


def _features_newer(params: Json) -> None:
    if "features" in params and "marketing_features" not in params:
        params["marketing_features"] = params.pop("features")


# ---- 2023-08-16: payment methods are chosen by the account unless the request names them

def _methods_newer(params: Json) -> None:
    if not params.keys() & {"automatic_payment_methods", "payment_method_types", "allowed_payment_method_types"}:
        params["payment_method_types"] = {"0": "card"}


# ---- 2022-08-01: line items are prices, the shipping rate is a cost, shipping has its details

_PLAIN_ITEM = ("amount", "currency", "name", "description", "images")


def _items_newer(params: Json) -> None:
    items = params.get("line_items")
    for item in items.values() if isinstance(items, dict) else ():
        if isinstance(item, dict) and "price" not in item and "price_data" not in item and "amount" in item:
            plain = {name: item.pop(name) for name in _PLAIN_ITEM if name in item}
            product = {name: plain[name] for name in ("name", "description", "images") if name in plain}
            item["price_data"] = {"unit_amount": plain["amount"], "product_data": product,
                                  **({"currency": plain["currency"]} if "currency" in plain else {})}


def _customer_newer(params: Json) -> None:
    if params.get("mode", "payment") == "payment" and not params.keys() & {"customer", "customer_creation"}:
        params["customer_creation"] = "always"


def _session_older(session: Json) -> None:
    session["shipping"] = session.pop("shipping_details", None)
    session.setdefault("shipping_rate", (session.pop("shipping_cost", None) or {}).get("shipping_rate"))


_INTENTS, _SESSIONS = "/v1/payment_intents", "/v1/checkout/sessions"
CHANGES: tuple[Change, ...] = (
    Change("2026-07-29.dahlia", "allowed_payment_method_types",
           older={"payment_intent": _drop("allowed_payment_method_types"),
                  "setup_intent": _drop("allowed_payment_method_types")}),
    Change("2026-03-25.dahlia", "checkout_ui_modes", older={"checkout.session": _ui_mode_older},
           newer={_SESSIONS: _ui_mode_newer}),
    Change("2025-09-30.clover", "promotion_of_a_promotion_code",
           older={"promotion_code": _promotion_older, "discount": _discount_older},
           newer={"/v1/promotion_codes": _promotion_newer},
           includes={"promotion_code": "coupon", "discount": "coupon"}),
    Change("2025-03-31.basil", "collected_information", older={"checkout.session": _shipping_older}),
    Change("2025-03-31.basil", "no_invoice_on_payments", older={"payment_intent": _invoice_older,
                                                                "charge": _invoice_older}),
    Change("2024-04-10", "captured_in_the_background", newer={_INTENTS: _capture_newer}),
    Change("2024-04-10", "marketing_features", older={"product": _features_older},
           newer={"/v1/products": _features_newer, "/v1/products/{id}": _features_newer}),
    Change("2023-08-16", "automatic_payment_methods",
           newer={_INTENTS: _methods_newer, "/v1/setup_intents": _methods_newer}),
    Change("2022-11-15", "charges_of_an_intent", includes={"payment_intent": "charges"}),
    Change("2022-11-15", "refunds_of_a_charge", includes={"charge": "refunds"}),
    Change("2022-08-01", "line_items_are_prices", newer={_SESSIONS: _items_newer}),
    Change("2022-08-01", "customers_when_required", newer={_SESSIONS: _customer_newer}),
    Change("2022-08-01", "shipping_of_a_checkout", older={"checkout.session": _session_older}),
)
