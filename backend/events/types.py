"""The registry of event types: which exist at Stripe, and which of them this platform emits (data in types.txt)."""

from pathlib import Path

from rapidfuzz import process

from backend.errors import InvalidRequest

EVERY = "*"


def _read(mark: str) -> frozenset[str]:
    lines = (Path(__file__).parent / "types.txt").read_text().splitlines()
    return frozenset(line[2:] for line in lines if line.startswith(mark + " ") and line[2:])


EMITTED, TO_COME, FOREIGN = _read(" "), _read("+"), _read("-")
"""Types that may be subscribed to, types of what is not here yet, and of products that are not part of Farthing."""


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
    near = process.extractOne(type[:100], EMITTED, score_cutoff=70)
    hint = f" Did you mean {near[0]}?" if near else " A list of all types is in the documentation."
    return f"Unknown event type: {type[:100]}.{hint}"
