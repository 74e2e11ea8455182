"""Errors as every door answers them: what nobody foresaw becomes one of the family, and what is repeated of a request
has no card number in it (attack A12)."""

from collections.abc import Callable
from typing import Any

from backend import card_numbers
from backend.db import absence, locked
from backend.errors import ApiError, FarthingError, Locked
from backend.requests import answers
from backend.requests.answers import Answer

RETRY_AFTER_SECONDS = "5"
_RETRY = {409: "true", 429: "true", 503: "true", 400: "false", 402: "false", 404: "false"}


def known(error: Exception, request_id: str, log: Any, *, undone: bool = False,
          where: Callable[[Exception], str] | None = None) -> FarthingError:
    """The error that the caller is told. One that no verb foresaw is logged whole, or as `where` says it, and told
    without its inside. `undone`: what the request did was one transaction, and it was taken back."""
    if isinstance(error, FarthingError):
        return error
    if locked(error):
        return Locked("object")
    if absent := absence(error):
        log.warning("database_away", error=where(error) if where else str(error), request_id=request_id)
        return ApiError(f"{absent}. Retry with the same Idempotency-Key: if the first request went through you will "
                        f"get its answer. (Request {request_id})")
    log.error("unexpected", request_id=request_id, **({"error": where(error)} if where else {"exc_info": error}))
    told = "Nothing was changed: the same request can be sent again, also with its Idempotency-Key. " if undone else ""
    return ApiError(f"An error occurred on our side. {told}It was recorded with request {request_id}.", retry=False)


def cleaned(error: FarthingError) -> FarthingError:
    """The error, after hiding every card number in what it repeats."""
    error.message = card_numbers.hide(error.message)
    error.param = error.param and card_numbers.hide(error.param)
    return error


def answered(error: FarthingError, docs: str) -> Answer:
    """The error as JSON; `docs` is where its explanation stands."""
    return answers.of_error(cleaned(error), docs)


def headers(status: int) -> dict[str, str]:
    """What a status says of trying again, on a replayed answer as on the first."""
    again = {"Stripe-Should-Retry": _RETRY[status]} if status in _RETRY else {}
    return again | ({"Retry-After": RETRY_AFTER_SECONDS} if status == 503 else {})
