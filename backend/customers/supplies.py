"""The ways to name a card in a request: its id, new data with a token in it, a confirmation token, or the customer."""

from typing import Any

from backend.context import Context
from backend.customers import confirmation_tokens, customers, payment_methods

Row = dict[str, Any]


async def taken(ctx: Context, params: Row, intent: str, payer: str | None = None) -> Row:
    """The parameters with `payment_method` in place of whatever else named it; asks nothing when nothing else did.

    `intent` is the id of the payment or setup intent that uses it, perhaps still to be made; `payer` the customer whose
    default source pays when a request of a secret key names nothing at all.
    """
    if "payment_method_data" in params:
        rest = {name: value for name, value in params.items() if name != "payment_method_data"}
        method = await payment_methods.from_data(ctx, params["payment_method_data"], "payment_method_data")
        return {**rest, "payment_method": method["id"]}
    if "confirmation_token" in params:
        rest = {name: value for name, value in params.items() if name != "confirmation_token"}
        return {**await confirmation_tokens.spend(ctx, params["confirmation_token"], intent), **rest}
    if payer and not ctx.publishable and not params.get("payment_method"):
        chosen = (await customers.get(ctx, payer)).get("default_source")
        return {**params, "payment_method": chosen} if chosen else params
    return params
