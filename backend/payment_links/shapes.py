"""The public payment link; pure. Source: the PaymentLink type of the official SDKs at 2026-10-28.endive."""

from collections.abc import Mapping
from typing import Any

from backend.catalog.shapes import LIABILITY
from backend.checkout_pages.shapes import ASKS
from backend.objects import (
    METADATA,
    Kind,
    always,
    anything,
    asked,
    boolean,
    enum,
    expandable,
    hash_of,
    integer,
    list_of,
    map_of,
    null,
    number,
    string,
    sub_list,
    table,
    time,
    when,
)

_OFF: Mapping[str, Kind] = {"enabled": boolean}
PAYMENT_LINK = table("payment_link", "An address that sells the same thing to everybody who opens it.", {
    **ASKS,
    "active": boolean,
    "after_completion": hash_of({
        "hosted_confirmation": when(hash_of({"custom_message": null(string)})),
        "redirect": when(hash_of({"url": string})),
        "type": enum("hosted_confirmation", "redirect")}),
    "allow_promotion_codes": always(boolean, False),
    "application": null(expandable("application")),
    "application_fee_amount": null(integer),
    "application_fee_percent": null(number),
    "automatic_tax": always(hash_of({**_OFF, "liability": null(LIABILITY)}), {"enabled": False}),
    "billing_address_collection": enum("auto", "required"),
    "currency": string,
    "customer_creation": enum("always", "if_required"),
    "expires_at": null(time),
    "inactive_message": null(string),
    "invoice_creation": null(anything),
    "line_items": sub_list("item"),
    "livemode": boolean,
    "managed_payments": null(anything),
    "metadata": METADATA,
    "on_behalf_of": null(expandable("account")),
    "payment_intent_data": null(hash_of({
        "capture_method": null(enum("automatic", "automatic_async", "manual")),
        "description": null(string),
        "metadata": always(map_of(string), {}),
        "setup_future_usage": null(enum("off_session", "on_session")),
        "statement_descriptor": null(string),
        "statement_descriptor_suffix": null(string),
        "transfer_group": null(string)})),
    "payment_method_collection": always(enum("always", "if_required"), "always"),
    "payment_method_options": null(anything),
    "payment_method_types": null(list_of(enum("card"))),
    "restrictions": null(hash_of({"completed_sessions": hash_of({"count": integer, "limit": integer})})),
    "submit_type": enum("auto", "book", "donate", "pay"),
    "subscription_data": null(anything),
    "tax_id_collection": always(hash_of({**_OFF, "required": enum("if_supported", "never")}),
                                {"enabled": False, "required": "never"}),
    "transfer_data": null(hash_of({"amount": null(integer), "destination": expandable("account")})),
    "url": string,
    "visits": asked(hash_of(dict.fromkeys(("completed", "started", "views"), integer))),
})


def link(row: Mapping[str, Any], *, livemode: bool, pay_base: str) -> dict[str, Any]:
    """The object of a row; its address ends in the id without its prefix."""
    limit = row["limit"]
    sold = None if limit is None else {"completed_sessions": {"count": row["completed"], "limit": limit}}
    return PAYMENT_LINK.render(row, livemode=livemode, restrictions=sold,
                               url=f"{pay_base}/l/{row['id'].partition('_')[2]}")
