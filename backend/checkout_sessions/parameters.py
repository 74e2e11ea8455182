"""What a caller may say when creating a checkout session, checked to the limits of reference contract section 12."""

import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from backend import money
from backend.errors import InvalidRequest

Params = dict[str, Any]

LIFETIME_MIN, LIFETIME_MAX = timedelta(minutes=30), timedelta(hours=24)
ITEMS_MAX = 100
QUANTITY_MAX = 999_999
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class Reader:
    """Reads one level of parameters; what nobody asked for is refused by `done()`. Names appear in bracket form."""

    def __init__(self, params: Any, path: str = "") -> None:
        if not isinstance(params, dict):
            raise InvalidRequest("Invalid object", param=path or None)
        self._params = {key: value for key, value in params.items() if value is not None}
        self._path = path
        self._seen: set[str] = set()

    def name(self, key: str) -> str:
        return f"{self._path}[{key}]" if self._path else key

    def take(self, key: str) -> Any:
        self._seen.add(key)
        return self._params.get(key)

    def need(self, key: str) -> Any:
        value = self.take(key)
        if value is None or value == "":
            raise InvalidRequest(f"Missing required param: {self.name(key)}.", code="parameter_missing",
                                 param=self.name(key))
        return value

    def text(self, key: str, longest: int = 5000) -> str | None:
        value = self.take(key)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            raise InvalidRequest(f"Invalid string: {self.name(key)}", param=self.name(key))
        if len(value) > longest:
            raise InvalidRequest(f"Invalid string: {self.name(key)} must be at most {longest} characters.",
                                 code="parameter_invalid_string_blank", param=self.name(key))
        return value

    def integer(self, key: str, low: int, high: int) -> int | None:
        value = self.take(key)
        if value is None:
            return None
        if isinstance(value, bool) or not re.fullmatch(r"-?\d{1,18}", str(value)):
            raise InvalidRequest(f"Invalid integer: {value}", code="parameter_invalid_integer", param=self.name(key))
        number = int(value)
        if not low <= number <= high:
            raise InvalidRequest(f"This value must be between {low} and {high}.", code="parameter_invalid_integer",
                                 param=self.name(key))
        return number

    def choice(self, key: str, *allowed: str) -> str | None:
        value = self.text(key)
        if value is not None and value not in allowed:
            raise InvalidRequest(f"Invalid {self.name(key)}: must be one of {', '.join(allowed)}",
                                 param=self.name(key))
        return value

    def url(self, key: str) -> str | None:
        """A web address; `javascript:` and other schemes are refused (security A27)."""
        value = self.text(key)
        if value is None:
            return None
        try:
            parts = urlsplit(value)
            good = parts.scheme in ("http", "https") and bool(parts.hostname)
        except ValueError:
            good = False
        if not good or any(char.isspace() or ord(char) < 32 for char in value):
            raise InvalidRequest("Not a valid URL", code="url_invalid", param=self.name(key))
        return value

    def email(self, key: str) -> str | None:
        value = self.text(key, 512)
        if value is not None and not _EMAIL.fullmatch(value):
            raise InvalidRequest(f"Invalid email address: {value}", code="email_invalid", param=self.name(key))
        return value

    def metadata(self, key: str = "metadata") -> dict[str, str]:
        value = self.take(key) or {}
        if not isinstance(value, dict) or len(value) > 50:
            raise InvalidRequest("Metadata is a map of at most 50 keys.", param=self.name(key))
        for name, content in value.items():
            if len(str(name)) > 40 or len(str(content)) > 500 or isinstance(content, (dict, list)):
                raise InvalidRequest("Metadata keys have at most 40 characters, values at most 500.",
                                     param=f"{self.name(key)}[{name}]")
        return {str(name): str(content) for name, content in value.items()}

    def items(self, key: str) -> list[Any]:
        """A list, written as one or as `[0]`, `[1]` … keys."""
        value = self.take(key)
        if isinstance(value, dict):
            return [value[index] for index in sorted(value, key=lambda text: (len(str(text)), str(text)))]
        if value is not None and not isinstance(value, list):
            raise InvalidRequest("Invalid array", param=self.name(key))
        return value or []

    def inside(self, key: str) -> "Reader | None":
        value = self.take(key)
        return None if value is None else Reader(value, self.name(key))

    def done(self) -> None:
        for key in self._params:
            if key not in self._seen:
                raise InvalidRequest(f"Received unknown parameter: {self.name(key)}", code="parameter_unknown",
                                     param=self.name(key))


def read(params: Params, now: datetime) -> Params:
    """The columns of a new session and `items`; raises InvalidRequest naming the parameter."""
    top = Reader(params)
    top.take("expand")
    if top.choice("mode", "payment") is None:
        top.need("mode")
    ui_mode = top.choice("ui_mode", "hosted", "hosted_page") or "hosted_page"
    types = top.items("payment_method_types") + top.items("allowed_payment_method_types")
    if any(type != "card" for type in types):
        raise InvalidRequest("Only the payment method type card is supported here.", param="payment_method_types")
    items = _items(top)
    currency = items[0]["currency"]
    if (top.text("currency") or currency).lower() != currency:
        raise InvalidRequest("The currency of the Session differs from that of its line items.", param="currency")
    row = {
        "mode": "payment", "ui_mode": "hosted_page" if ui_mode == "hosted" else ui_mode, "currency": currency,
        "amount_total": _total(items, currency), "customer_id": top.text("customer", 255),
        "customer_email": top.email("customer_email"),
        "client_reference_id": top.text("client_reference_id", 200),
        "success_url": top.url("success_url") or top.need("success_url"), "cancel_url": top.url("cancel_url"),
        "submit_type": top.choice("submit_type", "auto", "book", "donate", "pay"),
        "locale": top.text("locale", 16),
        "billing_address_collection": top.choice("billing_address_collection", "auto", "required"),
        "metadata": top.metadata(), "payment_intent_data": _payment(top), "expires_at": _expiry(top, now),
    }
    if row["customer_id"] and row["customer_email"]:
        raise InvalidRequest("You may only specify one of these parameters: customer, customer_email.",
                             code="parameters_exclusive", param="customer_email")
    top.done()
    return {**row, "items": items}


def _items(top: Reader) -> list[Params]:
    raw = top.items("line_items")
    if not raw:
        top.need("line_items")
    if len(raw) > ITEMS_MAX:
        raise InvalidRequest(f"You may only specify up to {ITEMS_MAX} line items.", param="line_items")
    items = [_item(Reader(item, f"line_items[{index}]")) for index, item in enumerate(raw)]
    for index, item in enumerate(items):
        if item["currency"] != items[0]["currency"]:
            raise InvalidRequest("All line items must have the same currency.",
                                 param=f"line_items[{index}][price_data][currency]")
    return items


def _item(item: Reader) -> Params:
    quantity = item.integer("quantity", 1, QUANTITY_MAX)
    if quantity is None:
        item.need("quantity")
    item.need("price_data")
    price = item.inside("price_data")
    assert price and quantity
    currency = str(price.need("currency")).lower()
    if not money.known(currency):
        raise InvalidRequest(f"Invalid currency: {currency}", param=price.name("currency"))
    price.need("unit_amount")
    unit = price.integer("unit_amount", 0, money.AMOUNT_MAX)
    price.need("product_data")
    product = price.inside("product_data")
    assert product and unit is not None
    product.need("name")
    found = {"currency": currency, "unit_amount": unit, "quantity": quantity, "amount_total": unit * quantity,
             "name": product.text("name", 250), "description": product.text("description", 5000),
             "images": [str(image) for image in product.items("images")][:8]}
    product.metadata()
    for reader in (product, price, item):
        reader.done()
    return found


def _total(items: list[Params], currency: str) -> int:
    total: int = sum(item["amount_total"] for item in items)
    if total < money.minimum(currency):
        least = money.decimal_text(money.minimum(currency), currency)
        raise InvalidRequest(f"The Checkout Session's total amount due must add up to at least {least} {currency}.",
                             code="amount_too_small", param="line_items")
    if total > money.AMOUNT_MAX:
        raise InvalidRequest("The Checkout Session's total amount due is too large: at most 99999999 minor units.",
                             code="amount_too_large", param="line_items")
    return total


def _payment(top: Reader) -> Params:
    data = top.inside("payment_intent_data")
    if data is None:
        return {}
    found = {"metadata": data.metadata(), "description": data.text("description", 1000),
             "capture_method": data.choice("capture_method", "automatic", "automatic_async", "manual"),
             "receipt_email": data.email("receipt_email"),
             "statement_descriptor": data.text("statement_descriptor", 22)}
    data.done()
    return {name: value for name, value in found.items() if value}


def _expiry(top: Reader, now: datetime) -> str:
    seconds = top.integer("expires_at", 0, 2**40)
    if seconds is None:
        return (now + LIFETIME_MAX).isoformat()
    # A minute's grace on both ends: the caller's clock and ours differ.
    life, grace = timedelta(seconds=seconds - now.timestamp()), timedelta(minutes=1)
    if not LIFETIME_MIN - grace <= life <= LIFETIME_MAX + grace:
        raise InvalidRequest("The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout "
                             "Session creation.", param="expires_at")
    return datetime.fromtimestamp(seconds, now.tzinfo).isoformat()
