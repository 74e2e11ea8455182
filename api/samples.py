"""A curl command for every operation, made of its table: what is required, and what `_GIVEN` adds to be worth reading.

`$KEY` is a secret key and `$CUSTOMER` the id of a customer of yours; with these set, and a `receipt.png` to upload,
each command runs as it stands (a test runs them all).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.operations import Operation

Json = dict[str, Any]
_WORDS = {"email": "ada@example.com", "uri": "https://example.com"}


@dataclass(frozen=True, slots=True)
class Sample:
    """What a sample sends, and the operations and parameters that bring the object in the path into its state."""

    fields: tuple[str, ...] = ()
    of: tuple[str, ...] = ()
    """The object in the path was made with these parameters instead of those of its own sample."""


_PAID = ("amount=2000", "currency=usd", "payment_method=pm_card_visa", "confirm=true")
_TYPED_ACCOUNT = (
    "confirm=true", "payment_method_types[0]=us_bank_account",
    "payment_method_data[type]=us_bank_account", "payment_method_data[us_bank_account][routing_number]=110000000",
    "payment_method_data[us_bank_account][account_number]=000123456789",
    "payment_method_data[us_bank_account][account_holder_type]=individual",
    "payment_method_data[billing_details][name]=Ada Example",
    "mandate_data[customer_acceptance][type]=offline")
_GIVEN: dict[str, Sample] = {
    "charges.capture": Sample(of=("amount=2000", "currency=usd", "source=tok_visa", "capture=false")),
    "charges.create": Sample(("amount=2000", "currency=usd", "source=tok_visa")),
    "charges.update": Sample(("metadata[order]=6735",)),
    "checkout.sessions.create": Sample((
        "mode=payment", "success_url=https://example.com/paid", "line_items[0][quantity]=1",
        "line_items[0][price_data][currency]=usd", "line_items[0][price_data][unit_amount]=2000",
        "line_items[0][price_data][product_data][name]=Field notebook")),
    "charges.search": Sample(("query=amount>1000 AND currency:'usd'",)),
    "coupons.create": Sample(("percent_off=25", "duration=once", "name=Spring")),
    "coupons.update": Sample(("name=Early spring",)),
    "customers.balance_transactions.create": Sample(("amount=-500", "currency=usd")),
    "customers.balance_transactions.update": Sample(("metadata[ticket]=81",)),
    "customers.create": Sample(("name=Ada Example", "email=ada@example.com", "metadata[shop]=12")),
    "customers.search": Sample(("query=email:'ada@example.com'",)),
    **{f"customers.{name}.create": Sample(("source=tok_visa",)) for name in ("sources", "cards")},
    **{f"customers.{name}.update": Sample(("exp_year=2040", "name=Ada Example")) for name in ("sources", "cards")},
    "customers.tax_ids.create": Sample(("type=eu_vat", "value=DE136695976")),
    "customers.update": Sample(("metadata[shop]=14",)),
    "events.list": Sample(("type=charge.*",)),
    "disputes.update": Sample(("metadata[ticket]=81",)),
    "file_links.create": Sample(("file=$FILE",)),
    "files.create": Sample(("purpose=dispute_evidence", "file=@receipt.png")),
    "payment_intents.cancel": Sample(("cancellation_reason=abandoned",), of=("amount=2000", "currency=usd")),
    "payment_intents.capture": Sample(("amount_to_capture=1500",), of=(*_PAID, "capture_method=manual")),
    "payment_intents.confirm": Sample(("payment_method=pm_card_visa", "return_url=https://example.com/back"),
                                      of=("amount=2000", "currency=usd")),
    "payment_intents.create": Sample(_PAID),
    "payment_intents.increment_authorization": Sample(("amount=2500",), of=(
        *_PAID, "capture_method=manual",
        "payment_method_options[card][request_incremental_authorization]=if_available")),
    "payment_intents.search": Sample(("query=status:'succeeded' AND metadata['order']:'6735'",)),
    "payment_intents.update": Sample(("amount=2500", "metadata[order]=6735"), of=("amount=2000", "currency=usd")),
    "payment_intents.verify_microdeposits": Sample(
        ("amounts[0]=32", "amounts[1]=45"), of=("amount=2000", "currency=usd", *_TYPED_ACCOUNT)),
    "payment_links.create": Sample(("line_items[0][price]=$PRICE", "line_items[0][quantity]=1")),
    "payment_links.update": Sample(("active=false",)),
    "payment_methods.attach": Sample(("customer=$CUSTOMER",)),
    "payment_methods.create": Sample(("type=card", "card[token]=tok_visa")),
    "payment_methods.update": Sample(("card[exp_month]=12", "card[exp_year]=2040")),
    "prices.create": Sample(("product=$PRODUCT", "currency=usd", "unit_amount=2000")),
    "prices.search": Sample(("query=active:'true' AND currency:'usd'",)),
    "prices.update": Sample(("nickname=Until summer",)),
    "products.create": Sample(("name=Field notebook", "description=96 pages that take a pencil in the rain")),
    "products.search": Sample(("query=active:'true' AND name~'note'",)),
    "products.update": Sample(("metadata[shelf]=4",)),
    "promotion_codes.create": Sample(("promotion[type]=coupon", "promotion[coupon]=$COUPON")),
    "promotion_codes.update": Sample(("active=false",)),
    "refunds.create": Sample(("payment_intent=$PAYMENT_INTENT", "amount=500")),
    "refunds.update": Sample(("metadata[ticket]=81",)),
    "setup_intents.cancel": Sample(of=("usage=off_session",)),
    "setup_intents.confirm": Sample(("payment_method=pm_card_visa", "return_url=https://example.com/back"),
                                    of=("usage=off_session",)),
    "setup_intents.create": Sample(("customer=$CUSTOMER", "payment_method=pm_card_visa", "confirm=true",
                                    "return_url=https://example.com/back")),
    "setup_intents.update": Sample(("metadata[order]=6735",), of=("usage=off_session",)),
    "setup_intents.verify_microdeposits": Sample(("amounts[0]=32", "amounts[1]=45"), of=_TYPED_ACCOUNT),
    "shipping_rates.create": Sample(("display_name=By bicycle", "type=fixed_amount", "fixed_amount[amount]=500",
                                     "fixed_amount[currency]=usd")),
    "shipping_rates.update": Sample(("active=false",)),
    "tax_ids.create": Sample(("type=eu_vat", "value=DE136695976", "owner[type]=customer", "owner[customer]=$CUSTOMER")),
    "tax_rates.create": Sample(("display_name=VAT", "percentage=19", "inclusive=true", "country=DE")),
    "tax_rates.update": Sample(("active=false",)),
    "webhook_endpoints.create": Sample(("url=https://example.com/hooks", "enabled_events[0]=charge.succeeded")),
    "webhook_endpoints.update": Sample(("enabled_events[0]=*",)),
}


def sample(one: Operation) -> Sample:
    """What the command of an operation sends."""
    return _GIVEN.get(one.id) or Sample(tuple(_required(one.endpoint.params.schema(), "")))


def variable(object: str | None) -> str:
    """`payment_intent` -> `$PAYMENT_INTENT`: where a command names an object of the reader's."""
    return f"${(object or 'id').replace('.', '_').upper()}"


def path(one: Operation) -> str:
    """The path with a variable in place of each id."""
    parts = one.path.split("/")
    return "/".join(_place(one, parts, place) if part.startswith("{") else part for place, part in enumerate(parts))


def _place(one: Operation, parts: list[str], place: int) -> str:
    """What an id is the id of: the last one of what is answered, others of the collection that stands before them."""
    if place == len(parts) - 1:
        return variable(one.endpoint.returns)
    before = parts[2:place]
    return variable((before[-1] if "{" in "".join(before) else ".".join(before)).removesuffix("s"))


def curl(one: Operation, base: str, fields: tuple[str, ...] | None = None) -> str:
    """The command, one parameter a line; `fields` in place of those of the sample."""
    fields = sample(one).fields if fields is None else fields
    verb = {"GET": "-G " if fields else "", "POST": "", "DELETE": "-X DELETE "}[one.method]
    empty = " -X POST" if one.method == "POST" and not fields else ""
    saved = "" if one.endpoint.returns else " -o download"
    lines = [f'curl {verb}{base}{path(one)} -u "$KEY:"{empty}{saved}']
    lines += [f"{_option(one, field)} {_quoted(field)}" for field in fields]
    return " \\\n  ".join(lines)


def _option(one: Operation, field: str) -> str:
    """In an address blanks and quotes must be written in percent signs, which curl does when it is told to."""
    if one.endpoint.uploads:
        return "-F"
    return "--data-urlencode" if one.method == "GET" and set(field) & set(" '") else "-d"


def _quoted(field: str) -> str:
    return f'"{field}"' if set(field) & set("$[]{} *&'<>~") else field


def _required(schema: Mapping[str, Any], prefix: str) -> list[str]:
    """The parameters without which the call is refused, each with a value of its type."""
    found: list[str] = []
    chosen = [rule["oneOf"][0]["required"][0] for rule in schema.get("allOf", ()) if "oneOf" in rule]
    for name in (*schema.get("required", ()), *chosen):
        here = f"{prefix}[{name}]" if prefix else name
        found += _value(schema["properties"][name], here, name)
    return found


def _value(schema: Mapping[str, Any], here: str, name: str) -> list[str]:
    schema = next(iter(schema.get("anyOf", ())), schema)
    if schema.get("type") == "object":
        return _required(schema, here)
    if schema.get("type") == "array":
        return _value(schema["items"], f"{here}[0]", name)
    if schema.get("type") == "integer":
        return [f"{here}={max(schema.get('minimum', 0), 1)}"]
    if schema.get("type") == "boolean":
        return [f"{here}=true"]
    if name == "currency":
        return [f"{here}=usd"]
    if "enum" in schema:
        return [f"{here}={schema['enum'][0]}"]
    return [f"{here}={_WORDS.get(schema.get('format', ''), 'example' if name not in _IDS else variable(name))}"]


_IDS = ("charge", "coupon", "customer", "payment_intent", "payment_method", "price", "product", "setup_intent")
