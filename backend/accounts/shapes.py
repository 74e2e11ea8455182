"""The public objects of accounts and countries; pure. Source: the official SDKs' types at 2026-10-28.endive."""

from backend.objects import (
    METADATA,
    always,
    anything,
    boolean,
    enum,
    expandable,
    hash_of,
    integer,
    list_of,
    map_of,
    null,
    of,
    string,
    table,
    time,
    when,
)

_ADDRESS = hash_of({name: null(string) for name in ("city", "country", "line1", "line2", "postal_code", "state")})
_DUE = ("currently_due", "eventually_due", "past_due", "pending_verification")
_REQUIREMENTS = hash_of({
    "alternatives": null(list_of(anything)), "current_deadline": null(integer), "disabled_reason": null(string),
    "errors": always(list_of(anything), []), **{name: always(list_of(string), []) for name in _DUE}})
POLICIES = ("privacy_policy_url", "terms_of_service_url")
"""Pages of the merchant that checkout links to: an extension of our own, as elsewhere they are set by hand only."""
BUSINESS_PROFILE = ("mcc", "name", *POLICIES, "product_description", "support_email", "support_phone", "support_url",
                    "url")
BRANDING = ("icon", "logo", "primary_color", "secondary_color")

ACCOUNT = table("account", "The merchant to whom a key belongs.", {
    "business_profile": hash_of({
        **{name: null(string) for name in BUSINESS_PROFILE}, "annual_revenue": null(anything),
        "estimated_worker_count": null(integer), "minority_owned_business_designation": null(list_of(string)),
        "specified_commercial_transactions_act_url": null(string), "support_address": null(_ADDRESS)}),
    "business_type": null(enum("company", "government_entity", "individual", "non_profit")),
    "capabilities": map_of(enum("active", "inactive", "pending")),
    "charges_enabled": boolean,
    "company": when(anything),
    "controller": hash_of({"type": enum("account", "application")}),
    "country": string,
    "created": of("created_at", time),
    "default_currency": string,
    "details_submitted": boolean,
    "email": null(string),
    "external_accounts": anything,
    "future_requirements": _REQUIREMENTS,
    "groups": null(hash_of({"payments_pricing": null(string)})),
    "metadata": METADATA,
    "payouts_enabled": boolean,
    "requirements": _REQUIREMENTS,
    "settings": hash_of({
        "branding": hash_of({name: null(expandable("file") if name in ("icon", "logo") else string)
                             for name in BRANDING}),
        "card_payments": hash_of({
            "decline_on": hash_of({"avs_failure": boolean, "cvc_failure": boolean}),
            **{f"statement_descriptor_prefix{form}": null(string) for form in ("", "_kana", "_kanji")}}),
        "dashboard": hash_of({"display_name": null(string), "timezone": null(string)}),
        "payments": hash_of({"statement_descriptor": null(string), "statement_descriptor_kana": null(string),
                             "statement_descriptor_kanji": null(string),
                             "statement_descriptor_prefix_kana": null(string),
                             "statement_descriptor_prefix_kanji": null(string)}),
        "payouts": hash_of({"debit_negative_balances": boolean, "statement_descriptor": null(string),
                            "schedule": hash_of({"delay_days": integer, "interval": string})}),
    }),
    "tos_acceptance": hash_of({"date": null(integer), "ip": null(string), "user_agent": null(string)}),
    "type": enum("custom", "express", "none", "standard"),
})

BANK_ACCOUNT = table("bank_account", "A bank account that payouts of an account can go to.", {
    "account": null(expandable("account")), "account_holder_name": null(string), "account_holder_type": null(string),
    "account_type": null(string), "available_payout_methods": null(list_of(enum("instant", "standard"))),
    "bank_name": null(string), "country": string, "currency": string, "customer": null(expandable("customer")),
    "default_for_currency": null(boolean), "fingerprint": null(string), "future_requirements": null(_REQUIREMENTS),
    "last4": string, "metadata": null(map_of(string)), "requirements": null(_REQUIREMENTS),
    "routing_number": null(string), "status": string,
})

_FIELDS = hash_of({"additional": list_of(string), "minimum": list_of(string)})
COUNTRY_SPEC = table("country_spec", "What holds for accounts of a country.", {
    "default_currency": string,
    "supported_bank_account_currencies": map_of(list_of(string)),
    "supported_payment_currencies": list_of(string),
    "supported_payment_methods": list_of(string),
    "supported_transfer_countries": list_of(string),
    "verification_fields": hash_of({"company": _FIELDS, "individual": _FIELDS}),
})
