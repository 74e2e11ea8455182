"""Questions to the card vault that move no money."""

from typing import Any

from backend.context import Context
from backend.errors import ApiError, InvalidRequest
from backend.networks.link import Broken, NotSent, Refused

_DEADLINE_SECONDS = 3.0


async def ask(ctx: Context, operation: str, **fields: Any) -> dict[str, Any]:
    """The vault's answer, `found` among it; raises ApiError while it cannot be reached."""
    try:
        return await ctx.runtime.link.call(operation, _DEADLINE_SECONDS, env=ctx.env, **fields)
    except (NotSent, Broken, Refused) as error:
        raise ApiError("The card vault cannot be reached right now. Nothing was charged; please try again.") from error


def wrong_door(ctx: Context, param: str) -> InvalidRequest:
    """The error for a card number that was sent to the API: it names the vault's address."""
    return InvalidRequest(
        f"Card numbers may not be sent to this address. Send the same request to {ctx.settings.elements_base}/v1/…: it "
        "answers the whole API and puts a token where the number was. In test mode you can also pass "
        "card[token]=tok_visa or the payment method pm_card_visa.", param=param, code="card_number_not_allowed_here")
