"""The public objects of disputes and early fraud warnings; pure. Source: the official SDKs' types."""

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
    null,
    of,
    string,
    table,
    time,
    when,
)

TEXTS = ("access_activity_log", "billing_address", "cancellation_policy_disclosure", "cancellation_rebuttal",
         "customer_email_address", "customer_name", "customer_purchase_ip", "duplicate_charge_explanation",
         "duplicate_charge_id", "product_description", "refund_policy_disclosure", "refund_refusal_explanation",
         "service_date", "shipping_address", "shipping_carrier", "shipping_date", "shipping_tracking_number",
         "uncategorized_text")
FILES = ("cancellation_policy", "customer_communication", "customer_signature", "duplicate_charge_documentation",
         "receipt", "refund_policy", "service_documentation", "shipping_documentation", "uncategorized_file")
_FEE = hash_of({"status": enum("fee_acknowledged", "requires_fee_acknowledgement")})
DISPUTE = table("dispute", "A customer's demand, through the bank, for the money of a charge.", {
    "amount": integer,
    "balance_transactions": always(list_of(anything), []),
    "charge": expandable("charge"),
    "created": of("created_at", time),
    "currency": string,
    "enhanced_eligibility_types": list_of(enum("mastercard_compliance", "visa_compelling_evidence_3",
                                               "visa_compliance")),
    "evidence": hash_of({**{name: null(string) for name in TEXTS},
                         **{name: null(expandable("file")) for name in FILES},
                         "enhanced_evidence": always(hash_of({}), {})}),
    "evidence_details": hash_of({
        "due_by": null(time),
        "enhanced_eligibility": always(hash_of({
            "mastercard_compliance": when(_FEE), "visa_compliance": when(_FEE),
            "visa_compelling_evidence_3": when(hash_of({
                "required_actions": list_of(string), "status": enum("not_qualified", "qualified", "requires_action")})),
        }), {}),
        "has_evidence": boolean, "past_due": boolean, "submission_count": integer,
        "submission_method": enum("manual", "not_submitted", "smart_disputes")}),
    "intended_submission_method": null(enum("manual", "prefer_manual", "prefer_smart_disputes", "smart_disputes")),
    "is_charge_refundable": boolean,
    "livemode": boolean,
    "metadata": METADATA,
    "network_reason_code": null(string),
    "payment_intent": null(expandable("payment_intent")),
    "payment_method_details": when(hash_of({
        "card": when(hash_of({"brand": string, "case_type": enum("block", "chargeback", "compliance", "inquiry",
                                                                 "resolution"),
                              "network": string, "network_reason_code": null(string)})),
        "type": string})),
    "reason": string,
    "status": enum("appeal_needs_response", "appeal_under_review", "lost", "needs_response", "prevented",
                   "under_review", "warning_closed", "warning_needs_response", "warning_under_review", "won"),
})
WARNING = table("radar.early_fraud_warning", "An issuer's report that a charge may be fraudulent.", {
    "actionable": boolean,
    "charge": expandable("charge"),
    "created": of("created_at", time),
    "fraud_type": string,
    "livemode": boolean,
    "payment_intent": when(expandable("payment_intent")),
})
