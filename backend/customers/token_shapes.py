"""The public objects of tokens: a card on its way in; pure. Source: the official SDKs' types at 2026-10-28.endive."""

from typing import Any

from backend import ids
from backend.customers.shapes import (
    BILLING,
    CARD_DETAILS,
    SEPA_DEBIT,
    SHIPPING,
    US_BANK_ACCOUNT,
    billing,
    of_type,
)
from backend.objects import (
    METADATA,
    always,
    anything,
    boolean,
    enum,
    expandable,
    hash_of,
    integer,
    null,
    of,
    string,
    table,
    time,
    when,
)

Row = dict[str, Any]
_BRANDS = {"amex": "American Express", "diners": "Diners Club", "discover": "Discover", "eftpos_au": "Eftpos Australia",
           "jcb": "JCB", "mastercard": "MasterCard", "unionpay": "UnionPay", "visa": "Visa"}
CARD = table("card", "The card behind a token, as the older parts of the API show it.", {
    "account": when(expandable("account")),
    "address_city": null(string),
    "address_country": null(string),
    "address_line1": null(string),
    "address_line1_check": null(string),
    "address_line2": null(string),
    "address_state": null(string),
    "address_zip": null(string),
    "address_zip_check": null(string),
    "allow_redisplay": null(enum("always", "limited", "unspecified")),
    "brand": string,
    "country": null(string),
    "customer": null(expandable("customer")),
    "cvc_check": null(string),
    "dynamic_last4": null(string),
    "exp_month": integer,
    "exp_year": integer,
    "fingerprint": null(string),
    "funding": string,
    "last4": string,
    "metadata": METADATA,
    "name": null(string),
    "networks": when(hash_of({"preferred": null(string)})),
    "regulated_status": null(enum("regulated", "unregulated")),
    "tokenization_method": null(string),
})
TOKEN = table("token", "A card that was given to the vault, to be used once.", {
    "card": when(hash_of(CARD.fields)),
    "client_ip": null(string),
    "created": of("created_at", time),
    "livemode": boolean,
    "type": enum("card"),
    "used": boolean,
})
CONFIRMATION_TOKEN = table("confirmation_token", "All that a shopper gave to pay with, to be used once.", {
    "created": of("created_at", time),
    "expires_at": null(time),
    "livemode": boolean,
    "mandate_data": null(anything),
    "metadata": null(METADATA),
    "payment_intent": null(string),
    "payment_method_options": null(hash_of({"card": null(hash_of({"cvc_token": null(string)}))})),
    "payment_method_preview": null(hash_of({
        "allow_redisplay": when(enum("always", "limited", "unspecified")), "billing_details": BILLING,
        "card": when(CARD_DETAILS), "customer": null(expandable("customer")), "customer_account": null(string),
        "sepa_debit": when(SEPA_DEBIT), "type": string, "us_bank_account": when(US_BANK_ACCOUNT)})),
    "return_url": null(string),
    "setup_future_usage": null(enum("off_session", "on_session")),
    "setup_intent": null(string),
    "shipping": null(SHIPPING),
    "use_stripe_sdk": always(boolean, False),
})


def card(row: Row) -> Row:
    """The Card object of a payment method's row, or of what the vault tells of a token's card."""
    facts, details = row["card"], row.get("billing_details") or {}
    address = details.get("address") or {}
    return CARD.render({
        **{name: facts.get(name) for name in ("country", "exp_month", "exp_year", "fingerprint", "funding", "last4")},
        "id": row["id"], "brand": _BRANDS.get(facts["brand"], "Unknown"), "customer": row.get("customer_id"),
        "address_city": address.get("city"), "address_country": address.get("country"),
        "address_line1": address.get("line1"), "address_line2": address.get("line2"),
        "address_state": address.get("state"), "address_zip": address.get("postal_code"),
        "cvc_check": "unchecked", "name": details.get("name"), "regulated_status": "unregulated",
        "networks": {"preferred": (facts.get("networks") or {}).get("preferred")},
        "allow_redisplay": row.get("allow_redisplay"), "metadata": row.get("metadata")})


def token(id: str, facts: Row, *, livemode: bool, used: bool) -> Row:
    """The Token object; `facts` is what the vault tells of its card."""
    return TOKEN.render({"id": id, "created_at": facts["created"], "type": "card"}, livemode=livemode, used=used,
                        card=card(facts | {"id": ids.card_of(id)}))


def preview(method: Row) -> Row:
    """`payment_method_preview`: the method as it will be, without an id."""
    return {"type": method["type"], "allow_redisplay": method["allow_redisplay"], **of_type(method),
            "billing_details": billing(method["billing_details"]), "customer": method["customer_id"]}
