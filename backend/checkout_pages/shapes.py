"""What a page asks, as sessions and payment links show it: under the names of the parameters; pure.

Source: the Session and PaymentLink types of the official SDKs at 2026-10-28.endive.
"""

from collections.abc import Mapping

from backend.objects import Kind, always, boolean, enum, expandable, hash_of, integer, list_of, null, string, when

TEXTS = ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
KINDS = ("dropdown", "numeric", "text")
_TYPED = hash_of({**dict.fromkeys(("default_value", "value"), null(string)),
                  **dict.fromkeys(("maximum_length", "minimum_length"), null(integer))})
ASKS: Mapping[str, Kind] = {
    "consent_collection": null(hash_of({
        "payment_method_reuse_agreement": null(hash_of({"position": enum("auto", "hidden")})),
        "promotions": null(enum("auto", "none")), "terms_of_service": null(enum("none", "required"))})),
    "custom_fields": always(list_of(hash_of({
        "dropdown": when(hash_of({
            **dict.fromkeys(("default_value", "value"), null(string)),
            "options": list_of(hash_of({"label": string, "value": string}))})),
        "key": string, "label": hash_of({"custom": null(string), "type": enum("custom")}),
        "numeric": when(_TYPED), "optional": boolean, "text": when(_TYPED), "type": enum(*KINDS)})), []),
    "custom_text": always(hash_of({name: null(hash_of({"message": string})) for name in TEXTS}), {}),
    "phone_number_collection": always(hash_of({"enabled": boolean}), {"enabled": False}),
    "shipping_address_collection": null(hash_of({"allowed_countries": list_of(string)})),
    "shipping_options": always(list_of(hash_of({"shipping_amount": integer,
                                                "shipping_rate": expandable("shipping_rate")})), []),
}
