"""The types of events: what Farthing emits, and what it knows of Stripe's other types (data in types.txt)."""

from enum import StrEnum
from pathlib import Path

from rapidfuzz import process

from backend.errors import InvalidRequest

EVERY = "*"


class Type(StrEnum):
    """What is emitted, and so may be subscribed to; an event of any other type cannot be drafted."""

    ACCOUNT_UPDATED = "account.updated"
    CHARGE_CAPTURED = "charge.captured"
    CHARGE_EXPIRED = "charge.expired"
    CHARGE_FAILED = "charge.failed"
    CHARGE_PENDING = "charge.pending"
    CHARGE_REFUNDED = "charge.refunded"
    CHARGE_SUCCEEDED = "charge.succeeded"
    CHARGE_UPDATED = "charge.updated"
    CHARGE_DISPUTE_CREATED = "charge.dispute.created"
    CHARGE_DISPUTE_UPDATED = "charge.dispute.updated"
    CHARGE_REFUND_UPDATED = "charge.refund.updated"
    CHECKOUT_SESSION_COMPLETED = "checkout.session.completed"
    CHECKOUT_SESSION_EXPIRED = "checkout.session.expired"
    COUPON_CREATED = "coupon.created"
    COUPON_DELETED = "coupon.deleted"
    COUPON_UPDATED = "coupon.updated"
    CUSTOMER_CREATED = "customer.created"
    CUSTOMER_DELETED = "customer.deleted"
    CUSTOMER_UPDATED = "customer.updated"
    CUSTOMER_SOURCE_CREATED = "customer.source.created"
    CUSTOMER_SOURCE_DELETED = "customer.source.deleted"
    CUSTOMER_SOURCE_UPDATED = "customer.source.updated"
    CUSTOMER_TAX_ID_CREATED = "customer.tax_id.created"
    CUSTOMER_TAX_ID_DELETED = "customer.tax_id.deleted"
    MANDATE_UPDATED = "mandate.updated"
    PAYMENT_INTENT_AMOUNT_CAPTURABLE_UPDATED = "payment_intent.amount_capturable_updated"
    PAYMENT_INTENT_CANCELED = "payment_intent.canceled"
    PAYMENT_INTENT_CREATED = "payment_intent.created"
    PAYMENT_INTENT_PAYMENT_FAILED = "payment_intent.payment_failed"
    PAYMENT_INTENT_PROCESSING = "payment_intent.processing"
    PAYMENT_INTENT_REQUIRES_ACTION = "payment_intent.requires_action"
    PAYMENT_INTENT_SUCCEEDED = "payment_intent.succeeded"
    PAYMENT_LINK_CREATED = "payment_link.created"
    PAYMENT_LINK_UPDATED = "payment_link.updated"
    PAYMENT_METHOD_ATTACHED = "payment_method.attached"
    PAYMENT_METHOD_DETACHED = "payment_method.detached"
    PAYMENT_METHOD_UPDATED = "payment_method.updated"
    PRICE_CREATED = "price.created"
    PRICE_UPDATED = "price.updated"
    PRODUCT_CREATED = "product.created"
    PRODUCT_DELETED = "product.deleted"
    PRODUCT_UPDATED = "product.updated"
    PROMOTION_CODE_CREATED = "promotion_code.created"
    PROMOTION_CODE_UPDATED = "promotion_code.updated"
    RADAR_EARLY_FRAUD_WARNING_CREATED = "radar.early_fraud_warning.created"
    REFUND_CREATED = "refund.created"
    REFUND_FAILED = "refund.failed"
    REFUND_UPDATED = "refund.updated"
    SETUP_INTENT_CANCELED = "setup_intent.canceled"
    SETUP_INTENT_CREATED = "setup_intent.created"
    SETUP_INTENT_REQUIRES_ACTION = "setup_intent.requires_action"
    SETUP_INTENT_SETUP_FAILED = "setup_intent.setup_failed"
    SETUP_INTENT_SUCCEEDED = "setup_intent.succeeded"
    TAX_RATE_CREATED = "tax_rate.created"
    TAX_RATE_UPDATED = "tax_rate.updated"


def _read(mark: str) -> frozenset[str]:
    lines = (Path(__file__).parent / "types.txt").read_text().splitlines()
    return frozenset(line[2:] for line in lines if line.startswith(mark + " "))


EMITTED = frozenset(Type)
TO_COME, FOREIGN = _read("+"), _read("-")
"""Types of what is not here yet, and of products that are not part of Farthing."""


def check(types: list[str], param: str = "enabled_events") -> list[str]:
    """The types without repetition; raises InvalidRequest for one that nobody would ever emit."""
    if not types:
        raise InvalidRequest(f"You must name at least one event type in {param}, or ['*'] for all.",
                             code="parameter_missing", param=param)
    for place, type in enumerate(types):
        if type != EVERY and type not in EMITTED:
            raise InvalidRequest(_refusal(type), param=f"{param}[{place}]")
    return list(dict.fromkeys(types))


def _refusal(type: str) -> str:
    if type in FOREIGN:
        return (f"The event type '{type}' belongs to a product that is not available here, so it would never be "
                "sent. Leave it out, or subscribe to '*'.")
    if type in TO_COME:
        return (f"Nothing here emits the event type '{type}' yet, so it would never be sent. Leave it out, or "
                "subscribe to '*': then it comes as soon as it exists.")
    near = process.extractOne(type[:100], list(map(str, Type)), score_cutoff=70)
    hint = f" Did you mean {near[0]}?" if near else " A list of all types is in the documentation."
    return f"Unknown event type: {type[:100]}.{hint}"
