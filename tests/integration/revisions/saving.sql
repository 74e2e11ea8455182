INSERT INTO pay.tax_id(env, id, doc, created_at) VALUES
  (1, 'txi_1', '{"customer": "cus_1", "type": "eu_vat", "value": "DE123456789"}', now());
UPDATE pay.customer SET balance = -100, balance_changes = 1, currency = 'usd' WHERE env = 1 AND id = 'cus_1';
INSERT INTO pay.customer_balance_transaction(env, id, doc, created_at) VALUES
  (1, 'cbtxn_1', '{"customer": "cus_1", "number": 1, "amount": -100, "ending_balance": -100, "currency": "usd",
    "type": "adjustment", "metadata": {}}', now());
INSERT INTO pay.setup_intent(env, id, doc, created_at) VALUES
  (1, 'seti_1', '{"usage": "off_session", "status": "succeeded", "mandate": "mandate_1", "version": 1, "customer": "cus_1",
    "metadata": {}, "return_url": "https://a.example", "single_use": null, "description": null, "next_action":
    null, "mandate_data": null, "client_secret": "s", "latest_attempt": "setatt_1", "payment_method": "pm_1",
    "last_setup_error": null, "single_use_mandate": null, "cancellation_reason": null, "payment_method_types":
    ["card"], "payment_method_options": {"card": {"network": null, "mandate_options": null,
    "request_three_d_secure": "automatic"}}, "automatic_payment_methods": {"enabled": true, "allow_redirects":
    "always"}}', now()),
  (2, 'seti_2', '{"usage": "off_session", "status": "requires_payment_method", "mandate": null, "version": 1, "customer":
    "cus_1", "metadata": {}, "return_url": "https://a.example", "single_use": null, "description": null,
    "next_action": null, "mandate_data": null, "client_secret": "s", "latest_attempt": null, "payment_method":
    null, "last_setup_error": null, "single_use_mandate": null, "cancellation_reason": null,
    "payment_method_types": ["card"], "payment_method_options": {"card": {"network": null, "mandate_options":
    null, "request_three_d_secure": "automatic"}}, "automatic_payment_methods": {"enabled": true,
    "allow_redirects": "always"}}', now());
INSERT INTO pay.setup_attempt(env, id, doc, created_at) VALUES
  (1, 'setatt_1', '{"setup_intent": "seti_1", "status": "succeeded", "payment_method": "pm_1"}', now());
INSERT INTO pay.setup_authentication(env, id, doc, created_at) VALUES
  (1, 'tds_2', '{"setup_intent": "seti_1", "status": "succeeded"}', now());
INSERT INTO pay.mandate(env, id, doc, created_at) VALUES
  (1, 'mandate_1', '{"payment_method": "pm_1", "status": "active", "type": "multi_use"}', now());
INSERT INTO pay.confirmation_token(env, id, doc, created_at) VALUES (1, 'ctoken_1', '{"payment_method": "pm_9"}', now());
INSERT INTO pay.token(env, id, doc, created_at) VALUES (1, 'tok_1', '{"type": "card", "card": "pm_8"}', now());
