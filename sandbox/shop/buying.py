"""The ways to pay: each places an order, asks Farthing, and says where the shopper goes now."""

import secrets
from collections.abc import Callable

from sandbox.shop.farthing import Json, Refused
from sandbox.shop.goods import CURRENCY, Good
from sandbox.shop.opening import Shop
from sandbox.shop.store import Row

KEPT_FOR = "on_session"
"""A kept card is charged only while its holder is here and presses the button."""


def new_shopper() -> str:
    """What a shopper is known by, in a cookie."""
    return secrets.token_urlsafe(24)


def hosted(shop: Shop, order: Row, price: str, customer: str, keep: bool) -> str:
    """Farthing's own page; back comes the shopper to the order."""
    asked = {"mode": "payment", "client_reference_id": order["id"], "line_items[0][price]": price,
             "line_items[0][quantity]": "1", "success_url": f"{shop.base}/orders/{order['id']}",
             "cancel_url": f"{shop.base}/goods/{order['good']}", "payment_intent_data[metadata][order]": order["id"]}
    if keep:
        asked["payment_intent_data[setup_future_usage]"] = KEPT_FOR
    made = shop.farthing.post("/v1/checkout/sessions", asked | _of(customer), order["id"], "session")
    shop.store.learn(order["id"], session=made["id"])
    return str(made["url"])


def here(shop: Shop, order: Row, price: str, customer: str, keep: bool) -> str:
    """The card fields on a page of the shop."""
    asked = {"amount": str(order["amount"]), "currency": CURRENCY, "automatic_payment_methods[enabled]": "true",
             "description": order["name"], "metadata[order]": order["id"]}
    if keep:
        asked["setup_future_usage"] = KEPT_FOR
    made = shop.farthing.post("/v1/payment_intents", asked | _of(customer), order["id"], "intent")
    shop.store.learn(order["id"], intent=made["id"])
    return f"/orders/{order['id']}/pay"


WAYS: dict[str, Callable[[Shop, Row, str, str, bool], str]] = {"hosted": hosted, "here": here}


def saved(shop: Shop, order: Row, customer: str, card: str) -> str:
    """The card that the customer has kept. Its bank may want to ask them: then that comes first."""
    page = f"{shop.base}/orders/{order['id']}"
    try:
        made = shop.farthing.post("/v1/payment_intents", {
            "amount": str(order["amount"]), "currency": CURRENCY, "description": order["name"],
            "metadata[order]": order["id"], "payment_method": card, "confirm": "true", "return_url": page,
        } | _of(customer), order["id"], "intent")
    except Refused as refusal:
        if refusal.status != 402:
            raise
        shop.store.learn(order["id"], intent=(refusal.error.get("payment_intent") or {}).get("id"))
        shop.store.decline(order["id"], str(refusal))
        return page
    shop.store.learn(order["id"], intent=made["id"])
    ask = made["next_action"] if made["status"] == "requires_action" else None
    return str(ask["redirect_to_url"]["url"]) if ask else page


def cards(shop: Shop, customer: str) -> list[Json]:
    """The cards that a customer has kept, newest first, at most three."""
    if not customer:
        return []
    found = shop.farthing.get("/v1/payment_methods", {"customer": customer, "type": "card", "limit": "3"})["data"]
    return [{"id": one["id"], "brand": one["card"]["brand"].title(), "last4": one["card"]["last4"]} for one in found]


def customer(shop: Shop, shopper: str, wanted: bool) -> str:
    """The customer that a shopper is; made when a card is to be kept, else '' for one who is not known."""
    known = shop.store.customer(shopper)
    if known or not wanted:
        return known
    made = str(shop.farthing.post("/v1/customers", {"description": "A shopper of the demo shop"})["id"])
    shop.store.remember(shopper, made)
    return made


def place(shop: Shop, shopper: str, good: Good, amount: int, way: str) -> Row:
    """An order for one of a good."""
    return shop.store.place(shopper, good.sku, good.name, amount, CURRENCY, way)


def _of(customer: str) -> dict[str, str]:
    return {"customer": customer} if customer else {}
