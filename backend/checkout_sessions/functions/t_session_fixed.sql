-- What was sold, to whom it was promised and which payment pays it never change once written; the discount, the
-- shipping and quantities may where the merchant said so, while no try to pay may be under way. A payment that stands
-- from an earlier try takes the new total in the same transaction (backend/checkout_sessions/order.py).
CREATE OR REPLACE FUNCTION pay.t_session_fixed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ BEGIN
  IF (NEW.asks, NEW.payment_link_id, NEW.currency, NEW.created_at) IS DISTINCT FROM
     (OLD.asks, OLD.payment_link_id, OLD.currency, OLD.created_at)
     OR (NEW.amount_subtotal IS DISTINCT FROM OLD.amount_subtotal
       AND coalesce(OLD.asks ? 'adjustable_quantity', false) IS FALSE)
     OR (OLD.payment_id IS NOT NULL AND NEW.payment_id IS DISTINCT FROM OLD.payment_id)
     OR (OLD.setup_intent_id IS NOT NULL AND NEW.setup_intent_id IS DISTINCT FROM OLD.setup_intent_id)
  THEN RAISE EXCEPTION 'immutable: amount, currency and payment of a checkout session' USING ERRCODE = '23001'; END IF;
  IF (NEW.amount_total, NEW.amount_subtotal, NEW.amount_discount, NEW.lines, NEW.discount, NEW.shipping_rate_id,
      NEW.amount_shipping) IS DISTINCT FROM
     (OLD.amount_total, OLD.amount_subtotal, OLD.amount_discount, OLD.lines, OLD.discount, OLD.shipping_rate_id,
      OLD.amount_shipping)
     AND (coalesce(OLD.tries, 0) > 0 OR OLD.status <> 'open'
       OR coalesce(OLD.asks ?| '{allow_promotion_codes,shipping_options,adjustable_quantity}', false) IS FALSE)
  THEN RAISE EXCEPTION 'immutable: what is paid for in a checkout session' USING ERRCODE = '23001'; END IF;
  IF (NEW.amount_subtotal, NEW.amount_discount, NEW.lines) IS DISTINCT FROM
     (OLD.amount_subtotal, OLD.amount_discount, OLD.lines) AND NOT pay.session_adds_up(NEW)
  THEN RAISE EXCEPTION 'the lines of a checkout session do not add up' USING ERRCODE = '23001'; END IF;
  RETURN NEW; END $$;
REVOKE ALL ON FUNCTION pay.t_session_fixed() FROM PUBLIC;
