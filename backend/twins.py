"""A hash of JSON in which a name stands twice is refused at every door: which of the two was meant?"""

from collections import Counter
from typing import Any

from backend import card_numbers
from backend.errors import InvalidRequest

_SHOWN_MAX = 200


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The hash, for `json.loads(…, object_pairs_hook=once)`; raises InvalidRequest for a name that comes again."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twin = card_numbers.hide(Counter(name for name, _ in pairs).most_common(1)[0][0][:_SHOWN_MAX])
        raise InvalidRequest(f"The parameter {twin} was given more than once.", param=twin)
    return found
