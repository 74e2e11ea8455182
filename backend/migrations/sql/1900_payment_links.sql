-- Payment links, and what a checkout session knows of prices, discounts and the link that it came from. Every new column
-- may be null: rows of before have none, and an older process that still runs writes none.

SELECT core.resource_table('payment_link');
-- A place of a link is taken before any money moves, in one conditional statement; this is the wall behind it.
ALTER TABLE pay.payment_link ADD CONSTRAINT sold_at_most CHECK
  (doc->>'limit' IS NULL OR (doc->>'taken')::bigint <= (doc->>'limit')::bigint);

-- The check of a new foreign key reads the table through its policy, which wants an environment. There is nothing to
-- find: the new column is null in every row.
SELECT set_config('app.env', '0', true);
ALTER TABLE pay.checkout_session
  ALTER success_url DROP NOT NULL,           -- a link may end at our own page
  ADD amount_subtotal bigint, ADD amount_discount bigint CHECK (amount_discount >= 0),
  ADD discount jsonb,
  ADD tries int CHECK (tries >= 0),          -- to pay, that may be under way; above 0 the session's places are taken
  ADD customer_creation text CHECK (customer_creation IN ('always', 'if_required')),
  ADD payment_link_id text COLLATE "C",
  ADD FOREIGN KEY (env, payment_link_id) REFERENCES pay.payment_link (env, id),
  ADD CONSTRAINT session_total CHECK (amount_total = amount_subtotal - amount_discount);
CREATE INDEX checkout_session_link ON pay.checkout_session (env, payment_link_id, created_at DESC, id DESC)
 WHERE payment_link_id IS NOT NULL;

ALTER TABLE pay.checkout_line_item
  ALTER unit_amount DROP NOT NULL,           -- tiers and fractions of a minor unit have none
  ADD amount_subtotal bigint, ADD amount_discount bigint CHECK (amount_discount >= 0),
  DROP CONSTRAINT checkout_line_item_check,
  ADD CONSTRAINT line_total CHECK (amount_total >= 0 AND (amount_subtotal IS NOT NULL OR unit_amount IS NOT NULL)
    AND amount_total = coalesce(amount_subtotal, unit_amount * quantity) - coalesce(amount_discount, 0));

-- As in 0030_checkout.sql, with what is new: what was promised to a shopper never changes.
CREATE OR REPLACE FUNCTION pay.t_session_fixed() RETURNS trigger LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ BEGIN
  IF (NEW.amount_total, NEW.amount_subtotal, NEW.amount_discount, NEW.discount, NEW.payment_link_id, NEW.currency,
      NEW.created_at) IS DISTINCT FROM (OLD.amount_total, OLD.amount_subtotal, OLD.amount_discount, OLD.discount,
      OLD.payment_link_id, OLD.currency, OLD.created_at)
     OR (OLD.payment_id IS NOT NULL AND NEW.payment_id IS DISTINCT FROM OLD.payment_id)
  THEN RAISE EXCEPTION 'immutable: amount, currency and payment of a checkout session' USING ERRCODE = '23001'; END IF;
  RETURN NEW; END $$;
