"""What can go wrong on purpose: per acquirer, settable while running, drawn from a seed.

A draw depends only on (seed, network key, how often the key came), not on the order of arrival, so a run replays.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Any

APPROVE_SILENT = "approve_silent"        # 3  journaled, never answered
DROP = "drop"                            # 4  dropped before the journal
ANSWER_TWICE = "answer_twice"            # 5
APPROVE_LATE = "approve_late"            # 6  journaled, answered after late_ms
APPROVE_THEN_96 = "approve_then_96"      # 7  journaled, answered 96
ERROR_91 = "error_91"                    # 8  not journaled, answered 91
GARBAGE = "garbage"                      # 9a journaled, answered with bytes that mean nothing
HALF_MESSAGE = "half_message"            # 9b journaled, half an answer, then the connection is closed
DELIVER_LATE = "deliver_late"            # the message itself reaches the journal late_ms later, never answered
DECLINE = "decline"                      # 2  refused with response_code, whatever the issuer says
APPROVE = "approve"                      # 1  as if no fault were set

NAMES = (APPROVE_SILENT, DROP, ANSWER_TWICE, APPROVE_LATE, APPROVE_THEN_96, ERROR_91, GARBAGE, HALF_MESSAGE,
         DELIVER_LATE, DECLINE)
KINDS = ("authorize", "sale", "increment", "capture", "void", "refund", "cancel", "inquiry", "echo")
_MONEY_KINDS = KINDS[:6]


class ControlError(ValueError):
    """A control request that cannot be obeyed; the message says why."""


@dataclass(slots=True)
class Match:
    """One message picked out: all given conditions must hold. `once` removes it after its first use."""

    fault: str
    network_key: str | None = None
    last4: str | None = None
    amount: int | None = None
    kind: str | None = None
    response_code: str | None = None
    once: bool = False

    def fits(self, key: str, kind: str, last4: str, amount: int) -> bool:
        return (self.network_key in (None, key) and self.last4 in (None, last4)
                and self.amount in (None, amount) and self.kind in (None, kind))


@dataclass(slots=True)
class Control:
    """The settings of one acquirer. Probabilities lie between 0 and 1 and add up to at most 1.

    `refund_ms` after a refund of one of the two cards made for it, it is decided or comes back.
    """

    latency_ms: float = 0.0
    late_ms: float = 12_000.0
    refund_ms: float = 5_000.0
    seed: int = 1
    faults: dict[str, float] = field(default_factory=dict)
    kinds: tuple[str, ...] = _MONEY_KINDS
    match: list[Match] = field(default_factory=list)
    decline_code: str = "05"
    honour_keys: bool = True
    keep_tombstones: bool = True
    _seen: dict[str, int] = field(default_factory=dict)

    @property
    def quiet(self) -> bool:
        """True while nothing can go wrong: the hot path asks only this."""
        return not self.faults and not self.match

    def draw(self, key: str, kind: str, last4: str, amount: int) -> tuple[str, str]:
        """(fault or 'approve', response code for a forced decline) of one message."""
        for match in self.match:
            if match.fits(key, kind, last4, amount):
                if match.once:
                    self.match.remove(match)
                return match.fault, match.response_code or self.decline_code
        if not self.faults or kind not in self.kinds:
            return APPROVE, ""
        return self._by_chance(key), self.decline_code

    def _by_chance(self, key: str) -> str:
        turn = self._seen[key] = self._seen.get(key, 0) + 1
        digest = hashlib.blake2b(f"{self.seed}|{key}|{turn}".encode(), digest_size=8).digest()
        point = int.from_bytes(digest, "big") / 2**64
        for name, share in self.faults.items():
            point -= share
            if point < 0:
                return name
        return APPROVE

    def show(self) -> dict[str, Any]:
        """The settings as JSON; POSTing them back changes nothing."""
        return {
            "latency_ms": self.latency_ms, "late_ms": self.late_ms, "refund_ms": self.refund_ms,
            "seed": self.seed, "faults": self.faults,
            "kinds": list(self.kinds), "decline_code": self.decline_code, "honour_keys": self.honour_keys,
            "keep_tombstones": self.keep_tombstones,
            "match": [{name: value for name in Match.__slots__ if (value := getattr(m, name)) not in (None, False)}
                      for m in self.match],
        }


def changed(control: Control, wish: Any) -> Control:
    """A new Control with the wishes applied; what is not named stays. Raises ControlError, changing nothing."""
    if not isinstance(wish, dict):
        raise ControlError("Send a JSON object.")
    if unknown := set(wish) - {"reset", *_READERS}:
        raise ControlError(f"Unknown setting: {', '.join(sorted(unknown))}.")
    base = Control() if wish.get("reset") is True else control
    values = {name: getattr(base, name) for name in _READERS}
    for name, read in _READERS.items():
        if name in wish:
            values[name] = read(name, wish[name])
    return Control(**values)


def _milliseconds(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 3_600_000:
        raise ControlError(f"{name} must be a number of milliseconds from 0 to 3600000.")
    return float(value)


def _integer(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ControlError(f"{name} must be a whole number.")
    return value


def _switch(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ControlError(f"{name} must be true or false.")
    return value


def _code(name: str, value: Any) -> str:
    if not isinstance(value, str) or len(value) != 2 or not value.isascii() or not value.isalnum():
        raise ControlError(f"{name} must be a response code of two characters.")
    return value


def _chances(name: str, value: Any) -> dict[str, float]:
    if not isinstance(value, dict) or set(value) - set(NAMES):
        raise ControlError(f"{name} must map fault names to probabilities; known: {', '.join(NAMES)}.")
    for chance in value.values():
        if isinstance(chance, bool) or not isinstance(chance, int | float) or not 0 <= chance <= 1:
            raise ControlError("Each probability must lie between 0 and 1.")
    if sum(value.values()) > 1.000001:
        raise ControlError("The probabilities add up to more than 1.")
    return {fault: float(chance) for fault, chance in value.items() if chance}


def _kinds(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or set(map(str, value)) - set(KINDS):
        raise ControlError(f"{name} must be a list of: {', '.join(KINDS)}.")
    return tuple(value)


def _matches(name: str, value: Any) -> list[Match]:
    if not isinstance(value, list):
        raise ControlError(f"{name} must be a list.")
    return [_match(item) for item in value]


def _match(item: Any) -> Match:
    if not isinstance(item, dict) or set(item) - set(Match.__slots__):
        raise ControlError(f"A match has: {', '.join(Match.__slots__)}.")
    if item.get("fault") not in (*NAMES, APPROVE):
        raise ControlError(f"A match needs a fault: {', '.join((*NAMES, APPROVE))}.")
    for text in ("network_key", "last4"):
        if text in item and not isinstance(item[text], str):
            raise ControlError(f"{text} must be text.")
    if "amount" in item:
        _integer("amount", item["amount"])
    if "response_code" in item:
        _code("response_code", item["response_code"])
    if "kind" in item:
        _kinds("kind", [item["kind"]])
    return Match(**{**item, "once": _switch("once", item.get("once", False))})


_READERS: dict[str, Any] = {
    "latency_ms": _milliseconds, "late_ms": _milliseconds, "refund_ms": _milliseconds, "seed": _integer,
    "faults": _chances, "kinds": _kinds, "match": _matches, "decline_code": _code, "honour_keys": _switch,
    "keep_tombstones": _switch,
}
