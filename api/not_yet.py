"""Names that are no mistake and are refused all the same: they get an answer of their own, not that of a misspelt one.

What exists at Stripe and not here yet; what can be said when an object is created and not changed afterwards.

The list beside this file is computed from the official package (`make parity`), and a test compares.
"""

import re
from functools import cache
from pathlib import Path

from backend.errors import InvalidRequest

_FILE = Path(__file__).with_name("not_yet.txt")
_PART = re.compile(r"[^\[\]]+")


_FORMER = {
    "coupon": "A customer's coupon counts for invoices and subscriptions only, which are not here, so it would change "
              "nothing. Pass discounts[0][coupon] to a checkout session.",
    "promotion_code": "A customer's promotion code counts for invoices and subscriptions only, which are not here, so "
                      "it would change nothing. Pass discounts[0][promotion_code] to a checkout session."}
"""What older versions took for a customer and the official package no longer declares, and why it is refused."""


@cache
def _known() -> dict[str, frozenset[str]]:
    """call -> the names that are not taken, `a.b` for `a[b]`."""
    lines = [line.split() for line in _FILE.read_text(encoding="utf-8").splitlines()]
    return {f"{method} {path}": frozenset(names) for method, path, *names in lines}


def told(error: InvalidRequest, method: str, path: str, docs: str,
         fixed: frozenset[str] = frozenset()) -> InvalidRequest:
    """The error for an unknown parameter; one that official clients know is said to be not supported yet, and one of
    `fixed`, which the call that creates the object takes, is said not to change any more."""
    if error.code != "parameter_unknown" or not error.param:
        return error
    if path in ("/v1/customers", "/v1/customers/{id}") and error.param in _FORMER:
        return InvalidRequest(_FORMER[error.param], code=error.code, param=error.param)
    names = _known().get(f"{method} {re.sub(r'{[^}]*}', '{}', path)}", frozenset())
    if not any(name in names for name in _spelt(error.param)):
        first = error.param.partition("[")[0]
        if first not in fixed:
            return error
        return InvalidRequest(f"You cannot change {first}: it is said when the object is created, and no update takes "
                              "it. Create another one.", code=error.code, param=error.param)
    return InvalidRequest(f"The parameter {error.param} is not supported here yet. What is supported stands at "
                          f"{docs}/docs/parity.", code=error.code, param=error.param)


def _spelt(param: str) -> list[str]:
    """The dotted names that a parameter may have in the list: without indexes, or without one name that is data."""
    parts = [part for part in _PART.findall(param) if not part.isdigit()]
    return [".".join(parts), *(".".join(parts[:place] + parts[place + 1:]) for place in range(1, len(parts)))]
