"""The row of an intent that is about to be born, from the parameters of its request."""

from typing import Any

from backend import ids
from backend.context import Context
from backend.metadata import merged
from backend.payments import debits, shapes
from backend.payments.rows import Payment
from backend.payments.states import Intent

Row = dict[str, Any]

PLAIN = ("description", "receipt_email", "statement_descriptor", "statement_descriptor_suffix",
         "setup_future_usage", "transfer_group", "shipping", "return_url")
"""Parameters that stand in a column as they were given."""


def intent(ctx: Context, params: Row, id: str | None = None) -> Payment:
    """The row of a PaymentIntent that is not written yet."""
    id = id or ids.new("pi", ctx.env)
    automatic = params.get("automatic_payment_methods")
    plain: Row = {name: params.get(name) or None for name in PLAIN}
    return Payment(
        env=ctx.env, id=id, amount=params["amount"], currency=params["currency"], status=Intent.NONE.value, step=1,
        version=1, captured=0, refund_reserved=0, amount_capturable=0,
        capture_method=params.get("capture_method") or "automatic_async",
        confirmation_method=params.get("confirmation_method") or "automatic",
        client_secret=ids.client_secret(id), customer_id=params.get("customer"), payment_method_id=None,
        latest_charge_id=None, checkout_session_id=params.get("checkout_session_id"), **plain,
        payment_method_types=debits.types(params),
        automatic_payment_methods=None if not automatic else
        {"allow_redirects": automatic.get("allow_redirects") or "always", "enabled": automatic["enabled"]},
        payment_method_options=shapes.options(params), metadata=merged({}, params.get("metadata")),
        last_payment_error=None, next_action=None, last_attempt=None, cancellation_reason=None, canceled_at=None,
        actor=ctx.actor, request_id=ctx.request_id, created_at=ctx.clock.now().isoformat())
