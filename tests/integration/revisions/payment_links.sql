INSERT INTO pay.payment_link(env, id, doc, created_at) VALUES
  (1, 'plink_1', '{"items": [{"id": "li_9", "name": "Tea", "inline": false, "currency": "usd", "price_id": "price_1",
    "quantity": 1, "created_at": "2026-11-29T11:48:56.188789+00:00", "product_id": "prod_1", "unit_amount": 700,
    "amount_total": 700, "amount_subtotal": 700, "adjustable_quantity": null}], "limit": 5, "taken": 1, "active":
    true, "currency": "usd", "metadata": {}, "completed": 0, "submit_type": "auto", "after_completion": {"type":
    "hosted_confirmation", "hosted_confirmation": {"custom_message": null}}, "inactive_message": null,
    "customer_creation": "if_required", "payment_intent_data": null, "payment_method_types": null,
    "billing_address_collection": "auto"}', now());
INSERT INTO pay.checkout_session(env, id, status, currency, amount_total, amount_subtotal, amount_discount, success_url,
    payment_link_id, created_at, expires_at)
  VALUES (1, 'cs_3', 'open', 'usd', 630, 700, 70, NULL, 'plink_1', now(), now() + interval '1 day');
INSERT INTO pay.checkout_line_item(env, session_id, seq, id, price_id, product_id, name, quantity, unit_amount, currency,
    amount_subtotal, amount_discount, amount_total, created_at)
  VALUES (1, 'cs_3', 0, 'li_3', 'price_1', 'prod_1', 'Tea', 1, 700, 'usd', 700, 70, 630, now());
INSERT INTO pay.history(env, entity, id, seq, from_s, to_s, actor, request_id)
  VALUES (1, 'checkout_session', 'cs_3', 1, 'none', 'open', '', '');
