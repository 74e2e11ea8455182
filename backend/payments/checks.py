"""Who may do what with an intent: its client secret, its shipping, its session, how its card is kept."""

from typing import Any

from backend.context import Context
from backend.crypto import same
from backend.errors import InvalidRequest, NotFound
from backend.payments.rows import Payment

Row = dict[str, Any]


def secret(ctx: Context, row: Payment, given: str | None) -> None:
    """A publishable key opens an intent only together with its client secret; the rest looks like an unknown id."""
    if (ctx.publishable or given) and not same(row.client_secret, given or ""):
        raise NotFound("payment_intent", row.id, "intent")


def shipping(ctx: Context, row: Payment, params: Row) -> None:
    """What the merchant set with the secret key is where the goods go: a shopper's key may not replace it."""
    if ctx.publishable and params.get("shipping") and row.shipping and row.shipping_actor_id != ctx.actor:
        raise InvalidRequest("The shipping of this PaymentIntent was last set with a secret key, so it cannot be "
                             "changed with a publishable key. Leave out shipping, or set it with a secret key.",
                             param="shipping")


def session(row: Payment, by_session: bool, verb: str) -> None:
    """An intent that a checkout session made is worked on there."""
    if row.checkout_session_id and not by_session:
        raise InvalidRequest(f"This PaymentIntent belongs to Checkout Session '{row.checkout_session_id}', so it "
                             f"is {verb}ed there and not directly.", code="payment_intent_unexpected_state")


def usage(ctx: Context, row: Payment, params: Row) -> None:
    """A shopper may let a card be kept for more than the merchant asked, not for less."""
    usage = (row.setup_future_usage, params.get("setup_future_usage"))
    if ctx.publishable and usage == ("off_session", "on_session"):
        raise InvalidRequest("With a publishable key setup_future_usage can only be changed from on_session to "
                             "off_session.", param="setup_future_usage")
