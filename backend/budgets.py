"""Budgets of declines, read from their setting; pure."""

import re
from dataclasses import dataclass

KINDS = ("payment", "card", "block", "bin", "link", "merchant")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_WRITTEN = re.compile(r"([a-z]+)=([0-9]{1,6})/([0-9]{1,4})([smh])")


@dataclass(frozen=True, slots=True)
class Budget:
    """`declines` of one kind of key within a window of `seconds`."""

    declines: int
    seconds: int


def budgets(text: str) -> dict[str, Budget]:
    """Budgets from their setting, such as `payment=5/24h,card=8/24h`; `none` is none. Raises ValueError.

    A kind that is not named has no budget.
    """
    found: dict[str, Budget] = {}
    for item in filter(None, map(str.strip, text.split(","))):
        if item == "none":
            continue
        written = _WRITTEN.fullmatch(item)
        if written is None or written[1] not in KINDS or not int(written[2]) or not int(written[3]):
            raise ValueError(f"a budget of declines is written kind=number/time, such as card=8/24h; kinds are "
                             f"{', '.join(KINDS)}")
        found[written[1]] = Budget(int(written[2]), int(written[3]) * _SECONDS[written[4]])
    return found
