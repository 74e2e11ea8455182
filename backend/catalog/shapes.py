"""The public objects of the catalogue; pure. Source: the official SDKs' types at 2026-10-28.endive."""

from backend.objects import METADATA, boolean, enum, hash_of, integer, null, number, of, string, table, time

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
