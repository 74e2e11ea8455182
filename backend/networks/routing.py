"""Which acquirer gets a payment: by card brand, in the operator's order."""

from collections.abc import Collection

_SECOND_CHOICE_BRANDS = frozenset({"amex", "discover", "diners", "jcb", "unionpay"})


def choose(connectors: Collection[str], brand: str) -> str:
    """The connector's name: Visa, Mastercard and unknown brands go to the first, the others to the second if any."""
    names = list(connectors)
    return names[1] if brand in _SECOND_CHOICE_BRANDS and len(names) > 1 else names[0]
