"""One message about an authorisation that stands: raise it, capture of it, or void it."""

from typing import Any

from backend.codes import Code
from backend.context import Context
from backend.errors import InvalidRequest, Locked
from backend.exchanges import attempts, engine
from backend.exchanges.rows import Attempt
from backend.exchanges.subject import Changed
from backend.payments import effects, steps
from backend.payments.steps import Step

Row = dict[str, Any]


async def run(ctx: Context, step: Step, kind: str, amount: int, change: Row, asked: Row | None = None,
              parts: dict[str, list[Any]] | None = None) -> None:
    """Increment, capture or void the authorisation that won; afterwards `step` is current. `change` goes into the
    first commit and so do `parts`, `asked` is done when it is approved. Raises what the outcome means, and Locked."""
    original = await attempts.won(ctx, step.payment.id)
    if original is None:
        raise Locked("PaymentIntent")
    if kind != "void":
        require_open(ctx, original)
    await carry(ctx, step, kind, amount, change, original, asked, parts)


async def carry(ctx: Context, step: Step, kind: str, amount: int, change: Row, original: Attempt,
                asked: Row | None = None, parts: dict[str, list[Any]] | None = None) -> None:
    """The same for whoever has the authorisation, and whether its window is over or not."""
    attempt = steps.new_attempt(ctx, step, kind, amount, connector=original.connector, original=original, asked=asked)
    try:
        await steps.begin(ctx, step, {"last_payment_error": None, **change}, attempt, [], parts)
    except Changed as error:
        raise Locked("PaymentIntent") from error
    await engine.conclude(ctx, step, attempt, await engine.send(ctx, step, attempt))


def require_open(ctx: Context, authorization: Attempt) -> None:
    """Raise `charge_expired_for_capture` when the window of an authorisation is over, swept already or not."""
    if not effects.is_open(ctx, authorization):
        raise InvalidRequest("This authorization is past its capture window, so it can no longer be captured. Create "
                             "a new PaymentIntent.", code="charge_expired_for_capture")


def require_feature(step: Step, name: str, cannot: str, *, code: Code, param: str | None = None) -> None:
    """Raise unless the authorisation was asked to be able to do this, and can."""
    details = step.charge and step.charge.payment_method_details
    if not details or details["card"][name]["status"] != "available":
        raise InvalidRequest(f"This payment cannot {cannot} (See payment_method_details.card.{name} of its charge; ask "
                             f"for it with payment_method_options[card][request_{name}]=if_available.)",
                             code=code, param=param)
