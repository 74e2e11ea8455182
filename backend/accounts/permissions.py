"""What a restricted key may do: one table of resources, each with the paths that belong to it."""

from collections.abc import Mapping
from functools import cache

from backend.errors import InvalidRequest

NONE, READ, WRITE = "none", "read", "write"
LEVELS = (NONE, READ, WRITE)

RESOURCES: dict[str, tuple[str, ...]] = {
    "account": ("account", "accounts"),
    "balance": ("balance", "balance_transactions", "exchange_rates"),
    "charges": ("charges",),
    "checkout_sessions": ("checkout/sessions",),
    "confirmation_tokens": ("confirmation_tokens", "test_helpers/confirmation_tokens"),
    "coupons": ("coupons",),
    "country_specs": ("country_specs",),
    "customers": ("customers", "tax_ids", "test_helpers/customers"),
    "disputes": ("disputes", "radar/early_fraud_warnings"),
    "events": ("events",),
    "files": ("files", "file_links"),
    "mandates": ("mandates",),
    "payment_intents": ("payment_intents",),
    "payment_links": ("payment_links",),
    "payment_methods": ("payment_methods", "customers/{id}/payment_methods"),
    "prices": ("prices",),
    "products": ("products",),
    "promotion_codes": ("promotion_codes",),
    "refunds": ("refunds", "charges/{id}/refunds", "test_helpers/refunds"),
    "setup_intents": ("setup_intents", "setup_attempts"),
    "shipping_rates": ("shipping_rates",),
    "tax_rates": ("tax_rates",),
    "tokens": ("tokens",),
    "webhook_endpoints": ("webhook_endpoints",),
}
"""Resource -> the beginnings of its paths after /v1/. A path that stands nowhere is closed to every restricted key."""


@cache
def resource_of(path: str) -> str | None:
    """The resource that a route's path, such as `/v1/customers/{id}/payment_methods`, belongs to."""
    rest = path.removeprefix("/v1/")
    found = [(len(start), name) for name, starts in RESOURCES.items() for start in starts
             if rest == start or rest.startswith(f"{start}/")]
    return max(found)[1] if found else None


def missing(permissions: Mapping[str, str], path: str, method: str) -> tuple[str, str] | None:
    """(resource, level) that these permissions lack for a request, or None when they suffice."""
    resource, needed = resource_of(path), READ if method == "GET" else WRITE
    has = permissions.get(resource or "", NONE)
    if resource and LEVELS.index(has) >= LEVELS.index(needed):
        return None
    return resource or path, needed


def checked(given: Mapping[str, str]) -> dict[str, str]:
    """Only what is granted; raises InvalidRequest for a resource or a level that does not exist."""
    for resource, level in given.items():
        if resource not in RESOURCES or level not in LEVELS:
            raise InvalidRequest(f"There is no permission {resource[:40]}: {level[:20]}. There are "
                                 f"{', '.join(RESOURCES)}, each with {', '.join(LEVELS)}.", param="permissions")
    return {resource: level for resource, level in given.items() if level != NONE}
