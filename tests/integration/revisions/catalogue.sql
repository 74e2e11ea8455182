INSERT INTO pay.product(env, id, doc, created_at) VALUES
  (1, 'prod_1', '{"url": null, "name": "Tea", "type": "service", "active": true, "images": [], "updated": 1795952936,
    "metadata": {}, "shippable": null, "unit_label": null, "description": null, "default_price": null,
    "marketing_features": [], "package_dimensions": null, "statement_descriptor": null}', now()),
  (2, 'prod_1', '{"url": null, "name": "Bun", "type": "service", "active": true, "images": [], "updated": 1795952936,
    "metadata": {}, "shippable": null, "unit_label": null, "description": null, "default_price": null,
    "marketing_features": [], "package_dimensions": null, "statement_descriptor": null}', now());
INSERT INTO pay.price(env, id, doc, created_at) VALUES
  (1, 'price_1', '{"type": "one_time", "tiers": null, "active": true, "product": "prod_1", "currency": "usd", "metadata": {},
    "nickname": null, "recurring": null, "lookup_key": null, "tiers_mode": null, "unit_amount": 700,
    "tax_behavior": "unspecified", "billing_scheme": "per_unit", "currency_options": {"eur": {"unit_amount": 650,
    "unit_amount_decimal": "650", "tax_behavior": "unspecified", "tiers": null, "custom_unit_amount": null}},
    "custom_unit_amount": null, "transform_quantity": null, "unit_amount_decimal": "700"}', now()),
  (2, 'price_2', '{"type": "one_time", "tiers": null, "active": true, "product": "prod_1", "currency": "usd", "metadata": {},
    "nickname": null, "recurring": null, "lookup_key": null, "tiers_mode": null, "unit_amount": 500,
    "tax_behavior": "unspecified", "billing_scheme": "per_unit", "currency_options": {}, "custom_unit_amount":
    null, "transform_quantity": null, "unit_amount_decimal": "500"}', now());
INSERT INTO pay.coupon(env, id, doc, created_at) VALUES
  (1, 'SPRING', '{"name": null, "currency": null, "duration": "once", "metadata": {}, "redeem_by": null, "amount_off": null,
    "applies_to": null, "percent_off": 10.0, "percent_text": "10", "times_redeemed": 1, "max_redemptions": 5,
    "currency_options": {}, "duration_in_months": null}', now());
INSERT INTO pay.promotion_code(env, id, doc, created_at) VALUES
  (1, 'promo_1', '{"code": "SPRING", "active": true, "customer": "cus_1", "metadata": {}, "promotion": {"type": "coupon",
    "coupon": "SPRING"}, "expires_at": null, "restrictions": {"minimum_amount": null, "first_time_transaction":
    false, "minimum_amount_currency": null}, "times_redeemed": 0, "max_redemptions": null, "customer_account":
    null}', now());
INSERT INTO pay.shipping_rate(env, id, doc, created_at) VALUES
  (1, 'shr_1', '{"type": "fixed_amount", "active": true, "metadata": {}, "display_name": "Post", "fixed_amount": {"amount":
    100, "currency": "usd"}, "tax_behavior": "unspecified", "delivery_estimate": null}', now());
