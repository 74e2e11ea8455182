"""Where an unknown id stood: in the address, or among the parameters."""

from collections.abc import Iterator, Mapping
from typing import Any

from backend.errors import InvalidRequest, NotFound

Values = dict[str, Any]


def located(error: NotFound, path: Mapping[str, str], params: Values) -> InvalidRequest:
    """404 is for an id in the address; one that stands in the parameters is a bad value, named by its place."""
    if error.id in {value.replace("\x00", "") for value in path.values()}:
        return error
    place = next((place for place, value in _leaves(params, "") if value == error.id), error.param)
    return InvalidRequest(error.message, code=error.code, param=place)


def _leaves(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    """Every plain value with its name in bracket form."""
    if isinstance(value, dict | list):
        for name, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(one, f"{place}[{name}]" if place else str(name))
    else:
        yield place, value
