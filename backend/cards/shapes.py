"""A kept card as the public PaymentMethod object. Pure. Source: the contract's PaymentMethod at the pinned version."""

from typing import Any


def payment_method(shown: dict[str, Any], *, livemode: bool) -> dict[str, Any]:
    """The PaymentMethod of a card that belongs to no customer yet; `shown` is `tokens.keep`'s answer."""
    card = shown["card"]
    address = shown["billing_details"]["address"]
    return {
        "id": shown["token"],
        "object": "payment_method",
        "allow_redisplay": shown["allow_redisplay"],
        "billing_details": shown["billing_details"],
        "card": {
            "brand": card["brand"],
            "checks": {
                "address_line1_check": "unchecked" if address["line1"] else None,
                "address_postal_code_check": "unchecked" if address["postal_code"] else None,
                "cvc_check": "unchecked",
            },
            "country": card["country"],
            "display_brand": card["display_brand"],
            "exp_month": card["exp_month"],
            "exp_year": card["exp_year"],
            "fingerprint": card["fingerprint"],
            "funding": card["funding"],
            "generated_from": None,
            "last4": card["last4"],
            "networks": card["networks"],
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": card["three_ds"] != "not_supported"},
            "wallet": None,
        },
        "created": shown["created"],
        "customer": None,
        "customer_account": None,
        "livemode": livemode,
        "metadata": shown["metadata"],
        "radar_options": {},
        "type": "card",
    }
