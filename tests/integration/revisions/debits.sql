INSERT INTO vault.bank_account(env, token, account, key_id, sealed, facts) VALUES
  (1, 'pm_3', 'acct_1', 'vk_1', decode(repeat('00', 40), 'hex'), '{"last4": "6789"}');
INSERT INTO pay.payment_method(env, id, customer_id, type, bank, created_at) VALUES
  (1, 'pm_3', 'cus_1', 'us_bank_account', '{"bank_name": "Bank", "last4": "6789", "routing_number": "110000000",
    "account_holder_type": "individual", "account_type": "checking", "fingerprint": "cdefghijklmnopqr"}', now());
INSERT INTO pay.dispute(env, id, doc, created_at) VALUES
  (1, 'dp_1', '{"amount": 2000, "charge": "ch_102", "due_by": "2026-12-06T11:48:56.252563+00:00", "reason": "fraudulent",
    "status": "needs_response", "currency": "usd", "evidence": {}, "metadata": {}, "payment_intent": "pi_102",
    "submission_count": 0, "network_reason_code": "10.4", "is_charge_refundable": false, "payment_method_details":
    {"card": {"brand": "visa", "network": "visa", "case_type": "chargeback", "network_reason_code": "10.4"},
    "type": "card"}, "enhanced_eligibility_types": []}', now());
INSERT INTO pay.early_fraud_warning(env, id, doc, created_at) VALUES
  (1, 'issfr_1', '{"charge": "ch_102", "payment_intent": "pi_102", "fraud_type": "misc", "actionable": true}', now());
