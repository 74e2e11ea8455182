"""Backend and driver errors -> the error that the caller sees; the sentences about keys."""

import structlog

from backend.db import away, locked
from backend.errors import ApiError, AuthenticationFailed, FarthingError, Locked

log = structlog.get_logger("api")

NO_KEY = ("You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer "
          "auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY') or as the user name of Basic auth: "
          "curl {base}/v1/payment_intents -u YOUR_SECRET_KEY:")


def key_refused(key: str, *, expired: bool) -> AuthenticationFailed:
    """401 for a key that opens nothing; shows no more of it than its prefix and last four."""
    shown = f"{key[:8]}{'*' * 8}{key[-4:]}" if len(key) > 20 else "********"
    if expired:
        return AuthenticationFailed(f"Expired API key provided: {shown}. Use the key that replaced it.",
                                    code="api_key_expired")
    return AuthenticationFailed(f"Invalid API Key provided: {shown}")


def translate(error: Exception, request_id: str) -> FarthingError:
    """An error that no verb foresaw: logged whole, told to the caller without its inside."""
    if locked(error):
        return Locked("object")
    if away(error):
        log.warning("database_away", error=str(error), request_id=request_id)
        return ApiError("The database cannot be reached right now. Retry with the same Idempotency-Key: if the first "
                        f"request went through you will get its answer. (Request {request_id})")
    log.error("unexpected", request_id=request_id, exc_info=error)
    return ApiError(f"An error occurred on our side. It was recorded with request {request_id}.", retry=False)
