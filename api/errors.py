"""Backend and driver errors -> the error that the caller sees; the sentences about keys."""

from collections.abc import Iterator, Mapping
from typing import Any

import structlog

from backend.db import absence, locked
from backend.errors import ApiError, FarthingError, InvalidRequest, Locked, NotFound

log = structlog.get_logger("api")
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


def translate(error: Exception, request_id: str, *, undone: bool = False) -> FarthingError:
    """An error that no verb foresaw: logged whole, told to the caller without its inside. `undone`: what the request
    did was one transaction, and it was taken back."""
    if locked(error):
        return Locked("object")
    if absent := absence(error):
        log.warning("database_away", error=str(error), request_id=request_id)
        return ApiError(f"{absent}. Retry with the same Idempotency-Key: if the first request went through you will "
                        f"get its answer. (Request {request_id})")
    log.error("unexpected", request_id=request_id, exc_info=error)
    told = "Nothing was changed: the same request can be sent again, also with its Idempotency-Key. " if undone else ""
    return ApiError(f"An error occurred on our side. {told}It was recorded with request {request_id}.", retry=False)
