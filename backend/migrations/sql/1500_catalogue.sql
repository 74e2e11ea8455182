-- Products and their prices, coupons and the codes for them, shipping rates.

SELECT core.resource_table(t) FROM unnest(ARRAY['product', 'price', 'coupon', 'promotion_code', 'shipping_rate']) t;

ALTER TABLE pay.price
  ADD product_id text COLLATE "C" GENERATED ALWAYS AS (doc->>'product') STORED NOT NULL,
  ADD lookup_key text COLLATE "C" GENERATED ALWAYS AS (doc->>'lookup_key') STORED,
  ADD FOREIGN KEY (env, product_id) REFERENCES pay.product (env, id);
CREATE INDEX price_product ON pay.price (env, product_id, created_at, id);
-- A lookup key names one price; the transfer of a key takes it from the other price in the same transaction.
CREATE UNIQUE INDEX one_price_per_lookup_key ON pay.price (env, lookup_key) WHERE lookup_key IS NOT NULL;

ALTER TABLE pay.promotion_code
  ADD coupon_id text COLLATE "C" GENERATED ALWAYS AS (doc #>> '{promotion,coupon}') STORED NOT NULL,
  ADD customer_id text COLLATE "C" GENERATED ALWAYS AS (doc->>'customer') STORED,
  ADD FOREIGN KEY (env, coupon_id) REFERENCES pay.coupon (env, id),
  ADD FOREIGN KEY (env, customer_id) REFERENCES pay.customer (env, id);
CREATE INDEX promotion_code_coupon ON pay.promotion_code (env, coupon_id);
-- Customers do not mind their capitals: among the codes that are in force a word stands once.
CREATE UNIQUE INDEX one_active_promotion_code ON pay.promotion_code (env, lower(doc->>'code'))
 WHERE doc->>'active' = 'true' AND deleted_at IS NULL;

-- Nothing is redeemed more often than it may be: the count rises in one conditional statement.
ALTER TABLE pay.coupon ADD CONSTRAINT redeemed_at_most CHECK
  (doc->>'max_redemptions' IS NULL OR (doc->>'times_redeemed')::bigint <= (doc->>'max_redemptions')::bigint);
ALTER TABLE pay.promotion_code ADD CONSTRAINT redeemed_at_most CHECK
  (doc->>'max_redemptions' IS NULL OR (doc->>'times_redeemed')::bigint <= (doc->>'max_redemptions')::bigint);

-- What a price costs never changes, whoever asks.
CREATE FUNCTION pay.t_price_fixed() RETURNS trigger LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ BEGIN
  IF (SELECT bool_or(NEW.doc->name IS DISTINCT FROM OLD.doc->name) FROM unnest(ARRAY['currency', 'unit_amount_decimal',
        'tiers', 'tiers_mode', 'billing_scheme', 'transform_quantity', 'custom_unit_amount', 'recurring', 'product'])
        AS fixed(name))
    OR EXISTS (SELECT FROM jsonb_each(OLD.doc->'currency_options') AS had(code, terms)
                WHERE (NEW.doc #> ARRAY['currency_options', had.code]) - 'tax_behavior'
                      IS DISTINCT FROM had.terms - 'tax_behavior')
  THEN RAISE EXCEPTION 'immutable: the amount of a price' USING ERRCODE = '23001'; END IF;
  RETURN NEW; END $$;
REVOKE ALL ON FUNCTION pay.t_price_fixed() FROM PUBLIC;
CREATE TRIGGER fixed BEFORE UPDATE ON pay.price FOR EACH ROW EXECUTE FUNCTION pay.t_price_fixed();
