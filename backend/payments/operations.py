"""One message about an authorisation that stands: raise it, capture of it, or void it."""

from typing import Any

from backend.context import Context
from backend.errors import InvalidRequest, Locked
from backend.payments import attempt_rows, attempts, capture_window
from backend.payments.attempts import Row, Step


async def run(ctx: Context, step: Step, kind: str, amount: int, change: Row, asked: Row | None = None,
              parts: dict[str, list[Any]] | None = None) -> None:
    """Increment, capture or void the authorisation that won; afterwards `step` is current. `change` goes into the
    first commit and so do `parts`, `asked` is done when it is approved. Raises what the outcome means, and Locked."""
    original = await attempt_rows.won(ctx, step.payment.id)
    if original is None:
        raise Locked("PaymentIntent")
    if kind != "void":
        capture_window.require_open(ctx, original)
    attempt = attempts.new_attempt(ctx, step, kind, amount, connector=original.connector, original=original,
                                   asked=asked)
    await attempts.run(ctx, step, {"last_payment_error": None, **change}, attempt, [], parts)


def require_feature(step: Step, name: str, cannot: str, *, code: str, param: str | None = None) -> None:
    """Raise unless the authorisation was asked to be able to do this, and can."""
    details = step.charge and step.charge.payment_method_details
    if not details or details["card"][name]["status"] != "available":
        raise InvalidRequest(f"This payment cannot {cannot} (See payment_method_details.card.{name} of its charge; ask "
                             f"for it with payment_method_options[card][request_{name}]=if_available.)",
                             code=code, param=param)
