"""Tiers of rate limits, read from their setting; pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """`limit` requests in `seconds`, of which `burst` may come at once; `name` says what is counted."""

    name: str
    limit: int
    seconds: int
    burst: int


@dataclass(frozen=True, slots=True)
class Tier:
    """What an environment may ask for; a rule whose name is not `all` counts one kind of request."""

    name: str
    rules: tuple[Rule, ...]
    places: int

    def of(self, kind: str) -> tuple[Rule, ...]:
        """The rules that a request of this kind is counted by."""
        return tuple(rule for rule in self.rules if rule.name in ("all", kind))


def tiers(text: str) -> dict[str, Tier]:
    """Tiers from their setting: `1=100/s+200,10000/h,list:25/s,64 at once;2=…`. Raises ValueError.

    `+200` is the burst, without which it is twice a second's worth, or the whole of a longer time's. A limit with a
    name holds only for requests of that kind.
    """
    found: dict[str, Tier] = {}
    for one in filter(None, map(str.strip, text.split(";"))):
        name, _, items = one.partition("=")
        rules, places = [], 0
        for item in filter(None, map(str.strip, items.split(","))):
            if item.endswith(" at once"):
                places = int(item.removesuffix(" at once"))
            else:
                rules.append(_rule(item))
        if not name.strip() or places < 0:
            raise ValueError("a tier is written name=limits")
        found[name.strip()] = Tier(name.strip(), tuple(rules), places)
    return found


_SECONDS = {"s": 1, "m": 60, "h": 3600}


def _rule(item: str) -> Rule:
    kind, _, rate = item.rpartition(":")
    amount, _, rest = rate.partition("/")
    unit, _, burst = rest.partition("+")
    seconds, limit = _SECONDS.get(unit.strip(), 0), int(amount)
    if not seconds or not 1 <= limit <= 1_000_000 * seconds:
        raise ValueError("a limit is written 100/s, 100/m or 100/h")
    return Rule(kind.strip() or "all", limit, seconds, int(burst) if burst else limit * (2 if seconds == 1 else 1))
