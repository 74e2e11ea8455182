"""The public objects of the catalogue; pure. Source: the official SDKs' types at 2026-10-28.endive."""

from collections.abc import Mapping

from backend.objects import (
    METADATA,
    Kind,
    always,
    anything,
    asked,
    boolean,
    decimal,
    enum,
    expandable,
    hash_of,
    integer,
    list_of,
    map_of,
    nested,
    null,
    number,
    of,
    string,
    table,
    time,
    when,
)

TAX_TYPES = (
    "admissions_tax", "amusement_tax", "attendance_tax", "communications_tax", "digital_excise_tax",
    "entertainment_tax", "get_fund", "gross_receipts_tax", "gst", "hospitality_tax", "hst", "igst", "jct", "lease_tax",
    "luxury_tax", "mass_transit_parking_tax", "nhil", "parking_tax", "pst", "qst", "resort_tax", "retail_delivery_fee",
    "rst", "sales_tax", "service_tax", "tourism_tax", "utility_users_tax", "vat")

TAX_RATE = table("tax_rate", "A tax that is added to line items, or contained in them.", {
    "active": boolean,
    "country": null(string),
    "created": of("created_at", time),
    "description": null(string),
    "display_name": string,
    "effective_percentage": null(number),
    "flat_amount": null(hash_of({"amount": integer, "currency": string})),
    "inclusive": boolean,
    "jurisdiction": null(string),
    "jurisdiction_level": null(enum("city", "country", "county", "district", "multiple", "state")),
    "livemode": boolean,
    "metadata": METADATA,
    "percentage": number,
    "rate_type": null(enum("flat_amount", "percentage")),
    "state": null(string),
    "tax_type": null(enum(*TAX_TYPES)),
})

_TAX_BEHAVIOR = null(enum("exclusive", "inclusive", "unspecified"))
PRODUCT = table("product", "Something that is sold; its prices say for how much.", {
    "active": boolean,
    "created": of("created_at", time),
    "default_price": null(expandable("price")),
    "description": null(string),
    "images": list_of(string),
    "livemode": boolean,
    "marketing_features": list_of(hash_of({"name": when(string)})),
    "metadata": METADATA,
    "name": string,
    "package_dimensions": null(hash_of(dict.fromkeys(("height", "length", "weight", "width"), number))),
    "shippable": null(boolean),
    "statement_descriptor": null(string),
    "tax_code": null(expandable("tax_code")),
    "tax_details": null(hash_of({"performance_location": null(string), "tax_code": null(string)})),
    "type": enum("good", "service"),
    "unit_label": null(string),
    "updated": time,
    "url": null(string),
})
_CUSTOM = null(hash_of({"maximum": null(integer), "minimum": null(integer), "preset": null(integer)}))
_TIERS = list_of(hash_of({"flat_amount": null(integer), "flat_amount_decimal": null(decimal),
                          "unit_amount": null(integer), "unit_amount_decimal": null(decimal),
                          "up_to": null(integer)}))
_IN_CURRENCY: Mapping[str, Kind] = {
    "custom_unit_amount": _CUSTOM, "tax_behavior": _TAX_BEHAVIOR, "tiers": when(_TIERS), "unit_amount": null(integer),
    "unit_amount_decimal": null(decimal)}
PRICE = table("price", "How much a product costs, in which currency and per how many; the amount never changes.", {
    "active": boolean,
    "billing_scheme": enum("per_unit", "tiered"),
    "created": of("created_at", time),
    "currency": string,
    "currency_options": asked(map_of(hash_of(_IN_CURRENCY))),
    "custom_unit_amount": _CUSTOM,
    "livemode": boolean,
    "lookup_key": null(string),
    "metadata": METADATA,
    "nickname": null(string),
    "product": expandable("product"),
    "recurring": null(hash_of({
        "interval": enum("day", "month", "week", "year"), "interval_count": integer, "meter": null(string),
        "trial_period_days": null(integer), "usage_type": enum("licensed", "metered")})),
    "tax_behavior": _TAX_BEHAVIOR,
    "tiers": asked(_TIERS),
    "tiers_mode": null(enum("graduated", "volume")),
    "transform_quantity": null(hash_of({"divide_by": integer, "round": enum("down", "up")})),
    "type": enum("one_time", "recurring"),
    "unit_amount": null(integer),
    "unit_amount_decimal": null(decimal),
})
LIABILITY = hash_of({"account": when(expandable("account")), "type": enum("account", "self")})
"""Who owes the tax."""
LESS = hash_of({"amount": integer, "discount": nested("discount")})
"""What a discount took off."""
ITEM = table("item", "One line of an order: a price, how many of it, and what they come to.", {
    "adjustable_quantity": null(hash_of({"enabled": boolean, "maximum": null(integer), "minimum": null(integer)})),
    "amount_discount": always(integer, 0),
    "amount_subtotal": integer,
    "amount_tax": always(integer, 0),
    "amount_total": integer,
    "currency": string,
    "description": null(string),
    "discounts": asked(list_of(LESS)),
    "metadata": METADATA,
    "price": null(nested("price")),
    "quantity": null(integer),
    "taxes": asked(list_of(anything)),
})
DISCOUNT = table("discount", "A coupon that was applied to an order.", {
    "checkout_session": null(string),
    "customer": null(expandable("customer")),
    **dict.fromkeys(("customer_account", "invoice", "invoice_item", "subscription", "subscription_item"),
                    null(string)),
    "end": null(time),
    "promotion_code": null(expandable("promotion_code")),
    "source": hash_of({"coupon": null(expandable("coupon")), "type": enum("coupon")}),
    "start": time,
})
COUPON = table("coupon", "What is taken off an order: a share or an amount.", {
    "amount_off": null(integer),
    "applies_to": asked(hash_of({"products": list_of(string)})),
    "created": of("created_at", time),
    "currency": null(string),
    "currency_options": asked(map_of(hash_of({"amount_off": integer}))),
    "duration": enum("forever", "once", "repeating"),
    "duration_in_months": null(integer),
    "livemode": boolean,
    "max_redemptions": null(integer),
    "metadata": METADATA,
    "name": null(string),
    "percent_off": null(number),
    "redeem_by": null(time),
    "times_redeemed": integer,
    "valid": boolean,
})
PROMOTION_CODE = table("promotion_code", "A word that customers type to get a coupon's discount.", {
    "active": boolean,
    "code": string,
    "created": of("created_at", time),
    "customer": null(expandable("customer")),
    "customer_account": null(string),
    "expires_at": null(time),
    "livemode": boolean,
    "max_redemptions": null(integer),
    "metadata": METADATA,
    "promotion": hash_of({"coupon": null(expandable("coupon")), "type": enum("coupon")}),
    "restrictions": hash_of({
        "currency_options": when(map_of(hash_of({"minimum_amount": integer}))), "first_time_transaction": boolean,
        "minimum_amount": null(integer), "minimum_amount_currency": null(string)}),
    "times_redeemed": integer,
})
_DELIVERY = null(hash_of({"unit": enum("business_day", "day", "hour", "month", "week"), "value": integer}))
SHIPPING_RATE = table("shipping_rate", "What one way of delivery costs, and how long it takes.", {
    "active": boolean,
    "created": of("created_at", time),
    "delivery_estimate": null(hash_of({"maximum": _DELIVERY, "minimum": _DELIVERY})),
    "display_name": null(string),
    "fixed_amount": when(hash_of({
        "amount": integer, "currency": string, "currency_options": when(map_of(hash_of({
            "amount": integer, "tax_behavior": enum("exclusive", "inclusive", "unspecified")})))})),
    "livemode": boolean,
    "metadata": METADATA,
    "tax_behavior": always(enum("exclusive", "inclusive", "unspecified"), "unspecified"),
    "tax_code": null(expandable("tax_code")),
    "type": enum("fixed_amount"),
})
