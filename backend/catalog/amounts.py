"""What a price, a discount and a tax come to, exactly; pure.

Decimal texts become fractions, so nothing is rounded on the way; each amount that is written down is rounded once, half
up. A sum that is shared among lines is shared without losing or making a minor unit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

Terms = Mapping[str, Any]
"""A price's unit_amount_decimal, or tiers with tiers_mode; and transform_quantity."""
HALF = Fraction(1, 2)


def exact(text: str | int) -> Fraction:
    """The number that a decimal text says."""
    return Fraction(Decimal(text))


def half_up(value: Fraction) -> int:
    """The nearest whole minor unit; a half goes up. For amounts that are not negative."""
    return (value + HALF).__floor__()


def decimal_text(text: str | int) -> str:
    """The shortest way to write the same number: 10.50 -> 10.5, 010 -> 10."""
    number = Decimal(text)
    return format(number.normalize() + 0, "f") if number else "0"


def whole(text: str | None) -> int | None:
    """The number when it is a whole one, as `unit_amount` beside `unit_amount_decimal`."""
    if text is None:
        return None
    number = Decimal(text)
    return int(number) if number == number.to_integral_value() else None


def in_steps(value: Fraction, step: int) -> int:
    """The nearest amount that a currency can move; a half goes up."""
    return half_up(value / step) * step


def of_price(terms: Terms, quantity: int, step: int = 1) -> int:
    """What `quantity` of a price costs in minor units, in whole steps of the currency."""
    units = packages(terms.get("transform_quantity"), quantity)
    tiers = terms.get("tiers")
    if not tiers:
        return in_steps(exact(terms["unit_amount_decimal"]) * units, step)
    if units == 0:
        return 0
    total = _volume(tiers, units) if terms["tiers_mode"] == "volume" else _graduated(tiers, units)
    return in_steps(total, step)


def packages(transform: Mapping[str, Any] | None, quantity: int) -> int:
    """How many units are charged when they are sold in packages: 7 in tens, rounded up, are 1."""
    if not transform:
        return quantity
    size = transform["divide_by"]
    return -(-quantity // size) if transform["round"] == "up" else int(quantity // size)


def _volume(tiers: Sequence[Mapping[str, Any]], units: int) -> Fraction:
    """All units at the rate of the tier that the number of units falls into."""
    tier = next(one for one in tiers if one["up_to"] is None or units <= one["up_to"])
    return _rate(tier, "unit") * units + _rate(tier, "flat")


def _graduated(tiers: Sequence[Mapping[str, Any]], units: int) -> Fraction:
    """Each unit at the rate of its own tier; a tier's flat amount counts once a unit reaches it."""
    total, below = Fraction(0), 0
    for tier in tiers:
        top = units if tier["up_to"] is None else min(units, tier["up_to"])
        if top > below:
            total += _rate(tier, "unit") * (top - below) + _rate(tier, "flat")
            below = top
    return total


def _rate(tier: Mapping[str, Any], name: str) -> Fraction:
    return exact(tier.get(f"{name}_amount_decimal") or 0)


def discount(lines: Sequence[int], *, percent: str | None = None, amount: int | None = None,
             step: int = 1) -> list[int]:
    """What a coupon takes off each line: a share of all of them, or an amount that is never more than all of them.

    `step` is the smallest amount that the currency has: the whole discount, and each line's share, are in whole steps.
    """
    total = sum(lines)
    off = in_steps(exact(percent) * total / 100, step) if percent is not None else min(amount or 0, total)
    return [part * step for part in share(off // step, [line // step for line in lines])]


def share(total: int, weights: Sequence[int]) -> list[int]:
    """`total` shared in proportion to `weights`, to the last minor unit; what cannot be split goes where most is due.

    No line gets more than its weight when `total` is at most the sum of the weights.
    """
    whole_weight = sum(weights)
    if whole_weight == 0:
        return [0] * len(weights)
    parts = [total * weight // whole_weight for weight in weights]
    owed = sorted(range(len(weights)), key=lambda at: (-(total * weights[at] % whole_weight), at))
    for at in owed[:total - sum(parts)]:
        parts[at] += 1
    return parts


@dataclass(frozen=True, slots=True)
class Tax:
    """One rate of a line: its percentage as text, and whether the line's amount contains it."""

    percentage: str
    inclusive: bool


def taxes(amount: int, rates: Sequence[Tax]) -> list[int]:
    """Each rate's tax on a line of `amount`: contained ones are taken out first, the others added to the rest.

    Contained taxes together are never more than the amount.
    """
    contained = sum((exact(rate.percentage) for rate in rates if rate.inclusive), Fraction(0)) / 100
    net = Fraction(amount) / (1 + contained)
    found = [half_up(net * exact(rate.percentage) / 100) for rate in rates]
    over = sum(tax for tax, rate in zip(found, rates, strict=True) if rate.inclusive) - amount
    for at, rate in enumerate(rates):  # several tiny taxes that each were rounded up
        if over > 0 and rate.inclusive and found[at]:
            cut = min(over, found[at])
            found[at], over = found[at] - cut, over - cut
    return found
