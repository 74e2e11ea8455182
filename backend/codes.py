"""Every code that an error can have, in one closed list: a misspelt one does not pass the type checker.

What each means stands in docs/errors.md. Source: reference contract, appendix B.
"""

from typing import Literal

Code = Literal[
    "account_closed", "account_invalid", "account_number_invalid", "acquirer_unavailable", "amount_too_large",
    "amount_too_small", "api_key_expired", "authentication_required", "bank_account_unusable", "capture_not_final",
    "card_decline_rate_limit_exceeded", "card_declined", "card_number_not_allowed_here", "card_unreadable",
    "charge_already_captured", "charge_already_refunded", "charge_disputed", "charge_exceeds_source_limit",
    "charge_exceeds_weekly_limit", "charge_expired_for_capture", "charge_not_capturable", "charge_not_refundable",
    "confirmation_token_expired", "confirmation_token_used", "coupon_expired", "customer_balance_currency_mismatch",
    "debit_not_authorized", "dispute_evidence_submitted", "email_invalid", "expired_card", "file_link_expired",
    "file_purpose_invalid", "file_too_large", "file_type_invalid", "generic_could_not_process",
    "idempotency_key_in_use", "idempotency_key_invalid", "incorrect_cvc", "incorrect_number",
    "incremental_authorization_limit", "incremental_authorization_unavailable", "insufficient_funds",
    "invalid_bank_account_iban", "invalid_charge_amount", "invalid_currency", "invalid_cvc", "invalid_expiry_month",
    "invalid_expiry_year", "invalid_number", "invalid_owner_name", "ip_not_allowed", "livemode_mismatch",
    "lock_timeout", "missing", "network_away", "no_account", "order_changed", "overloaded", "parameter_invalid_array",
    "parameter_invalid_boolean", "parameter_invalid_card_number", "parameter_invalid_combination",
    "parameter_invalid_decimal", "parameter_invalid_empty", "parameter_invalid_enum", "parameter_invalid_hash",
    "parameter_invalid_integer", "parameter_invalid_string", "parameter_invalid_string_length", "parameter_missing",
    "parameter_unknown", "parameters_exclusive", "payment_intent_authentication_failure",
    "payment_intent_incompatible_payment_method", "payment_intent_mandate_invalid", "payment_intent_unexpected_state",
    "payment_link_sold_out", "payment_method_already_attached", "payment_method_currency_mismatch",
    "payment_method_microdeposit_failed", "payment_method_microdeposit_verification_amounts_invalid",
    "payment_method_microdeposit_verification_amounts_mismatch",
    "payment_method_microdeposit_verification_attempts_exceeded",
    "payment_method_microdeposit_verification_descriptor_code_mismatch",
    "payment_method_microdeposit_verification_timeout", "payment_method_unexpected_state",
    "payment_method_unsupported_type", "permission_missing", "processing_error", "rate_limit", "request_too_large",
    "resource_already_exists", "resource_missing", "routing_number_invalid", "secret_key_required", "session_closed",
    "setup_intent_authentication_failure", "setup_intent_mandate_invalid", "setup_intent_unexpected_state",
    "shipping_address_invalid", "status_transition_invalid", "tax_id_invalid", "testmode_only", "token_already_used",
    "token_invalid", "tokenized_account_number_deactivated", "url_invalid", "vault_error", "vault_stopping",
]
