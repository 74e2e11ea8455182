"""What callers say of products and prices, as the documents that are kept; the rules that span several parameters.

Pure. Each single value has been checked by the API's table of parameters.
"""

from datetime import datetime
from decimal import Decimal
from math import ceil
from typing import Any

from backend import chargeable
from backend.catalog import amounts
from backend.clock import unix
from backend.errors import InvalidRequest, missing
from backend.metadata import merged

Row = dict[str, Any]
TIERS_MAX = 100
_WORDS = ("description", "statement_descriptor", "unit_label", "url")
_LONGEST = {"day": 1095, "week": 156, "month": 36, "year": 3}
IN_CURRENCY = ("custom_unit_amount", "tax_behavior", "tiers", "unit_amount", "unit_amount_decimal")
_AMOUNTS = ("unit_amount", "unit_amount_decimal", "custom_unit_amount", "tiers")


def product(params: Row, now: datetime) -> Row:
    """A product's fields."""
    return {**{name: params.get(name) or None for name in _WORDS}, "active": params.get("active", True),
            "default_price": None, "images": params.get("images") or [], "metadata": merged({}, params.get("metadata")),
            "marketing_features": params.get("marketing_features") or [], "name": params["name"],
            "package_dimensions": dimensions(params.get("package_dimensions")), "shippable": params.get("shippable"),
            "type": params.get("type") or "service", "updated": unix(now)}


def dimensions(given: Any) -> Row | None:
    """Sizes in inches and ounces: measures, not money."""
    return {name: float(value) for name, value in given.items()} if given else None


def price(params: Row, within: str = "") -> Row:
    """A price's fields; raises InvalidRequest that names the parameter, inside the hash `within` where it came in one.
    """
    said = _Said(within)
    currency = params["currency"]
    options = {code: in_currency(one, code, said.inside(f"currency_options[{code}]"))
               for code, one in (params.get("currency_options") or {}).items()}
    if currency in options:
        raise InvalidRequest("currency_options holds the other currencies; the price's own is in `currency`.",
                             param=said.at(f"currency_options[{currency}]"))
    terms = in_currency(params, currency, said)
    mode = params.get("tiers_mode")
    if (terms["tiers"] is None) != (mode is None):
        raise missing(said.at("tiers_mode" if mode is None else "tiers"), "A tiered price has tiers and a tiers_mode.")
    scheme = "tiered" if terms["tiers"] else "per_unit"
    if params.get("billing_scheme", scheme) != scheme:
        raise InvalidRequest("billing_scheme is tiered exactly when the price has tiers.",
                             param=said.at("billing_scheme"))
    _combinable(params, terms, said)
    return {**terms, "active": params.get("active", True), "billing_scheme": scheme, "currency": currency,
            "currency_options": options, "lookup_key": params.get("lookup_key") or None,
            "metadata": merged({}, params.get("metadata")), "nickname": params.get("nickname") or None,
            "recurring": _recurring(params.get("recurring"), said),
            "tiers_mode": mode, "transform_quantity": params.get("transform_quantity"),
            "type": "recurring" if params.get("recurring") else "one_time"}


def in_currency(params: Row, currency: str, said: "_Said") -> Row:
    """The amounts in one currency: exactly one of the ways to say them, each an amount that the currency can move."""
    given = [name for name in _AMOUNTS if params.get(name) is not None]
    if len(given) != 1:
        raise InvalidRequest(f"A price has exactly one of {', '.join(_AMOUNTS)}.",
                             param=said.at(given[-1] if given else _AMOUNTS[0]),
                             code="parameters_exclusive" if given else "parameter_missing")
    decimal = _decimal(params, "unit_amount", currency, said)
    tiers = _tiers(params["tiers"], currency, said) if "tiers" in given else None
    return {"custom_unit_amount": _custom(params.get("custom_unit_amount"), currency, said),
            "tax_behavior": params.get("tax_behavior") or "unspecified", "tiers": tiers,
            "unit_amount": amounts.whole(decimal), "unit_amount_decimal": decimal}


def shown_option(option: Row) -> Row:
    """The amounts in one currency as the API shows them: tiers only where there are some."""
    return {name: option[name] for name in IN_CURRENCY if name != "tiers" or option[name]}


class _Said:
    """Where a parameter stood, for messages."""

    def __init__(self, within: str = "") -> None:
        self._within = within

    def at(self, name: str) -> str:
        if not self._within:
            return name
        head, bracket, rest = name.partition("[")
        return f"{self._within}[{head}]{bracket}{rest}"

    def inside(self, name: str) -> "_Said":
        return _Said(self.at(name))


def _decimal(params: Row, name: str, currency: str, said: _Said) -> str | None:
    """An amount as decimal text. One with decimals is rounded when it is bought; a whole one must be in whole steps."""
    exact = params.get(f"{name}_decimal") is not None
    given = params[f"{name}_decimal"] if exact else params.get(name)
    if given is None:
        return None
    param = said.at(f"{name}_decimal" if exact else name)
    if (number := amounts.whole(str(given))) is not None:
        chargeable.check_step(number, currency, param)
    chargeable.check_maximum(ceil(Decimal(given)), currency, param)
    return amounts.decimal_text(given)


def _tiers(given: list[Row], currency: str, said: _Said) -> list[Row]:
    """Tiers in rising order, the last of them without end."""
    tiers: list[Row] = []
    below = 0
    for index, one in enumerate(given):
        here = said.inside(f"tiers[{index}]")
        last = index == len(given) - 1
        if (one["up_to"] == "inf") != last:
            raise InvalidRequest("The last tier, and no other, has up_to=inf.", param=here.at("up_to"))
        for name in ("unit_amount", "flat_amount"):
            if one.get(name) is not None and one.get(f"{name}_decimal") is not None:
                raise InvalidRequest(f"You may only specify one of these parameters: {name}, {name}_decimal.",
                                     code="parameters_exclusive", param=here.at(f"{name}_decimal"))
        unit, flat = (_decimal(one, name, currency, here) for name in ("unit_amount", "flat_amount"))
        if unit is None and flat is None:
            raise InvalidRequest("A tier has a unit_amount or a flat_amount, or both.", code="parameter_missing",
                                 param=here.at("unit_amount"))
        top = None if last else int(one["up_to"])
        if top is not None and top <= below:
            raise InvalidRequest(f"Each tier ends above the one before it, so this one ends above {below}.",
                                 param=here.at("up_to"))
        below = top or below
        tiers.append({"flat_amount": amounts.whole(flat), "flat_amount_decimal": flat,
                      "unit_amount": amounts.whole(unit), "unit_amount_decimal": unit, "up_to": top})
    if not tiers:
        raise InvalidRequest("A tiered price has at least one tier.", code="parameter_missing", param=said.at("tiers"))
    return tiers


def _custom(given: Row | None, currency: str, said: _Said) -> Row | None:
    """The bounds of an amount that the customer chooses."""
    if given is None:
        return None
    if not given["enabled"]:
        raise InvalidRequest("custom_unit_amount[enabled] must be true; leave the hash out for a price with an amount.",
                             param=said.at("custom_unit_amount[enabled]"))
    least, most = given.get("minimum"), given.get("maximum")
    for name, low, high in (("maximum", least, most), ("preset", least, given.get("preset")),
                            ("preset", given.get("preset"), most)):
        if low is not None and high is not None and low > high:
            raise InvalidRequest("The amounts must be in the order minimum, preset, maximum.",
                                 param=said.at(f"custom_unit_amount[{name}]"))
    for name in ("minimum", "maximum", "preset"):
        if given.get(name) is not None:
            chargeable.check_step(given[name], currency, said.at(f"custom_unit_amount[{name}]"))
            chargeable.check_maximum(given[name], currency, said.at(f"custom_unit_amount[{name}]"))
    return {"maximum": most, "minimum": least, "preset": given.get("preset")}


def _combinable(params: Row, terms: Row, said: _Said) -> None:
    if terms["tiers"] and params.get("transform_quantity"):
        raise InvalidRequest("You may only specify one of these parameters: tiers, transform_quantity.",
                             code="parameters_exclusive", param=said.at("transform_quantity"))
    if terms["custom_unit_amount"] and params.get("recurring"):
        raise InvalidRequest("A price whose amount the customer chooses cannot be recurring.",
                             param=said.at("custom_unit_amount"))


def _recurring(given: Row | None, said: _Said) -> Row | None:
    if not given:
        return None
    interval, count = given["interval"], given.get("interval_count") or 1
    if count > _LONGEST[interval]:
        raise InvalidRequest(f"A price recurs at least every three years: at most {_LONGEST[interval]} {interval}s.",
                             param=said.at("recurring[interval_count]"))
    return {"interval": interval, "interval_count": count, "meter": None,
            "trial_period_days": given.get("trial_period_days"), "usage_type": given.get("usage_type") or "licensed"}
