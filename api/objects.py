"""Every public object of the API: its table, what loads it by the prefix of its id, and the lists within it."""

from collections.abc import Iterable
from typing import Any

from api.expand import Expander, Former, Json, Many
from backend.accounts import shapes as account_shapes
from backend.catalog import coupons, prices, promotion_codes, tables, tax_rates
from backend.catalog.shapes import DISCOUNT, ITEM
from backend.checkout_sessions import breakdowns, sessions, visits
from backend.checkout_sessions.shapes import SESSION
from backend.context import Context
from backend.customers import (
    balances,
    confirmation_tokens,
    customers,
    mandates,
    payment_methods,
    sources,
    tax_ids,
    token_shapes,
)
from backend.customers import shapes as customer_shapes
from backend.disputes import disputes
from backend.events import shapes as event_shapes
from backend.files import file_links, files
from backend.ledger import balance_transactions
from backend.ledger import shapes as ledger_shapes
from backend.objects import Object, expandable, sub_list
from backend.payment_links import links
from backend.payments import charges, lookups
from backend.payments import shapes as payment_shapes
from backend.refunds import refunds
from backend.resources import resources
from backend.resources.resources import Resource
from backend.setups import steps as setups
from backend.webhooks import shapes as webhook_shapes

RESOURCES: tuple[Resource, ...] = (
    balances.CHANGE,
    confirmation_tokens.TOKEN,
    disputes.DISPUTE,
    disputes.WARNING,
    links.LINK,
    setups.ATTEMPT,
    mandates.MANDATE,
    setups.SETUP,
    tables.COUPON,
    tables.PRICE,
    tables.PRODUCT,
    tables.PROMOTION_CODE,
    tables.SHIPPING_RATE,
    tax_ids.TAX_ID,
    tax_rates.TAX_RATE,
    file_links.FILE_LINK,
    files.FILE,
)
"""The plain ones, which are loaded alike."""


def _loader(res: Resource) -> Many:
    async def many(ctx: Context, wanted: Iterable[str]) -> dict[str, Json]:
        return await resources.many(ctx, res, wanted)
    return many


OBJECTS: dict[str, Object] = {one.name: one for one in (
    customer_shapes.CUSTOMER, customer_shapes.PAYMENT_METHOD, event_shapes.EVENT, ledger_shapes.BALANCE,
    ledger_shapes.BALANCE_TRANSACTION, ledger_shapes.EXCHANGE_RATE, account_shapes.ACCOUNT,
    account_shapes.BANK_ACCOUNT, account_shapes.COUNTRY_SPEC,
    payment_shapes.CHARGE, payment_shapes.PAYMENT_INTENT, payment_shapes.REFUND, DISCOUNT, ITEM,
    SESSION, token_shapes.CARD, token_shapes.TOKEN, webhook_shapes.ENDPOINT, *(res.object for res in RESOURCES))}
LOADERS: dict[str, Many] = {"card": payment_methods.many, "ch": charges.many, "cus": customers.many, "pi": lookups.many,
                            "pm": payment_methods.many, "re": refunds.many,
                            "txn": balance_transactions.many,
                            **{res.prefix: _loader(res) for res in RESOURCES},
                            "coupon": _loader(tables.COUPON), "customer": customers.many,
                            "default_source": sources.many, "product": _loader(tables.PRODUCT)}
"""Objects by the prefix of their ids; those whose ids a merchant may choose, and a method that is shown as a source, by
the field's name."""


def _always(value: Json | list[Json] | None) -> Many:
    """What has nothing to show yet: the same for every parent."""
    async def many(ctx: Context, wanted: Iterable[str]) -> dict[str, Any]:
        return dict.fromkeys(wanted, value)
    return many


LISTS: dict[tuple[str, str], Many] = {
    ("charge", "refunds"): refunds.of_charges,
    ("checkout.session", "line_items"): sessions.line_items_of,
    ("checkout.session", "shipping_rate"): breakdowns.rates_of,
    ("checkout.session", "total_details.breakdown"): breakdowns.of_sessions,
    ("coupon", "applies_to"): coupons.applies_to, ("coupon", "currency_options"): coupons.currency_options,
    ("customer", "sources"): sources.of_customers,
    ("customer", "subscriptions"): _always(None), ("customer", "tax"): _always(None),
    ("customer", "tax_ids"): tax_ids.of_customers,
    ("discount", "coupon"): breakdowns.coupons_of,
    ("file", "links"): files.links_of,
    ("payment_intent", "charges"): charges.of_intents,
    ("payment_link", "line_items"): links.line_items_of, ("payment_link", "visits"): visits.of_links,
    ("item", "discounts"): breakdowns.of_items, ("item", "taxes"): _always([]),
    ("price", "currency_options"): prices.currency_options, ("price", "tiers"): prices.tiers,
    ("promotion_code", "coupon"): promotion_codes.coupons_of,
}
"""What appears within objects when it is expanded, by (object, dotted field) and the parents' ids."""
FORMER: Former = {
    "charge": {"invoice": ("2025-03-31.basil", expandable("invoice"))},
    "checkout.session": {"shipping_rate": ("2022-08-01", expandable("shipping_rate"))},
    "discount": {"coupon": ("2025-09-30.clover", expandable("coupon"))},
    "payment_intent": {"charges": ("2022-11-15", sub_list("charge")),
                       "invoice": ("2025-03-31.basil", expandable("invoice"))},
    "promotion_code": {"coupon": ("2025-09-30.clover", expandable("coupon"))},
}
"""What older versions show and can expand: object -> field -> (the version that took it away, what it is)."""
EXPANDER = Expander(OBJECTS, LOADERS, LISTS, FORMER)
