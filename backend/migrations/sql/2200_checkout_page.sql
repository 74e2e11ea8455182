-- What a checkout page asks beside the card, what the shopper answered, and an order that changes (a promotion code, a way
-- of shipping, a quantity) until somebody begins to pay for it; and sessions that keep a card without a payment. Every new
-- column may be null: rows of before have none.

-- The check of a new foreign key reads the table through its policy, which wants an environment. There is nothing to
-- find: the new column is null in every row.
SELECT set_config('app.env', '0', true);
ALTER TABLE pay.checkout_session
  ALTER currency DROP NOT NULL, ALTER amount_total DROP NOT NULL,
  ADD setup_intent_id text COLLATE "C", ADD setup_intent_data jsonb,
  ADD FOREIGN KEY (env, setup_intent_id) REFERENCES pay.setup_intent (env, id),
  DROP CONSTRAINT checkout_session_mode_check,
  ADD CONSTRAINT mode_has_its_own CHECK (CASE mode
    WHEN 'payment' THEN currency IS NOT NULL AND amount_total IS NOT NULL AND setup_intent_id IS NULL
    WHEN 'setup' THEN amount_total IS NULL AND payment_id IS NULL ELSE false END),
  DROP CONSTRAINT checkout_session_check,
  ADD CONSTRAINT complete_is_whole CHECK (status <> 'complete' OR
    (completed_at IS NOT NULL AND (payment_id IS NOT NULL OR setup_intent_id IS NOT NULL))),
  ADD asks jsonb,                            -- fixed at creation: the extra fields, texts and ways of shipping
  ADD tried jsonb,                           -- the shopper's answers, by the payment method of each try that may win
  ADD collected jsonb,                       -- those of the try that won
  ADD own_customer boolean,                  -- the customer was made by this very session
  ADD lines jsonb,                           -- what of the lines changed since they were written, by their seq
  ADD shipping_rate_id text COLLATE "C", ADD amount_shipping bigint CHECK (amount_shipping >= 0),
  ADD wrong_codes int CHECK (wrong_codes >= 0),
  DROP CONSTRAINT session_total,
  ADD CONSTRAINT session_total CHECK
    (amount_total = amount_subtotal - amount_discount + coalesce(amount_shipping, 0)),
  ADD CONSTRAINT shipping_is_offered CHECK ((shipping_rate_id IS NULL AND amount_shipping IS NULL)
    OR coalesce(asks->'shipping_options' @> jsonb_build_array(jsonb_build_object(
      'shipping_rate', shipping_rate_id, 'shipping_amount', amount_shipping)), false));

ALTER TABLE pay.checkout_line_item
  ADD metadata jsonb, ADD adjustable_quantity jsonb,
  ADD CONSTRAINT quantity_within CHECK (adjustable_quantity IS NULL OR quantity BETWEEN
    (adjustable_quantity->>'minimum')::bigint AND (adjustable_quantity->>'maximum')::bigint);

-- Lines are append-only. Where an order changes, the session says what of them is different now; a line keeps its
-- quantity unless it is adjustable, and all of them together come to what the session says.
CREATE FUNCTION pay.session_adds_up(s pay.checkout_session) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pay, pg_temp AS $$
  SELECT coalesce(bool_and(n.discount >= 0 AND n.total = n.subtotal - n.discount AND n.total >= 0
      AND CASE WHEN i.adjustable_quantity IS NULL THEN (n.quantity, n.subtotal) = (i.quantity, i.amount_subtotal)
               ELSE n.quantity BETWEEN (i.adjustable_quantity->>'minimum')::bigint
                                   AND (i.adjustable_quantity->>'maximum')::bigint END), false)
    AND (sum(n.subtotal), sum(n.discount)) = (s.amount_subtotal, s.amount_discount)
    FROM checkout_line_item i
    LEFT JOIN LATERAL (
      SELECT (v->>'quantity')::bigint AS quantity, (v->>'amount_subtotal')::bigint AS subtotal,
             (v->>'amount_discount')::bigint AS discount, (v->>'amount_total')::bigint AS total
        FROM (SELECT s.lines->i.seq::text AS v) one) n ON true
   WHERE i.env = s.env AND i.session_id = s.id $$;
REVOKE ALL ON FUNCTION pay.session_adds_up(pay.checkout_session) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.session_adds_up(pay.checkout_session) TO farthing_app;

-- As in 1900_payment_links.sql, but the discount, the shipping and quantities may change where the merchant said so, while
-- no try to pay may be under way. A payment that stands from an earlier try takes the new total in the same transaction
-- (backend/checkout_sessions/order.py).
CREATE OR REPLACE FUNCTION pay.t_session_fixed() RETURNS trigger LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ BEGIN
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

CREATE UNIQUE INDEX one_session_per_setup ON pay.checkout_session (env, setup_intent_id)
 WHERE setup_intent_id IS NOT NULL;

-- Replaces that of 1800_debits.sql: a setup of a session is awaited, too.
CREATE OR REPLACE FUNCTION pay.event_awaited(e pay.event, p_types text[]) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pay, pg_temp AS $$ BEGIN
  IF NOT e.type = ANY (p_types) THEN RETURN false; END IF;
  IF starts_with(e.type, 'charge.') THEN
    RETURN EXISTS (SELECT 1 FROM charge c WHERE c.env = e.env AND c.id = e.object_id AND c.scenario IS NOT NULL);
  ELSIF starts_with(e.type, 'setup_intent.') THEN
    RETURN EXISTS (SELECT 1 FROM checkout_session s WHERE s.env = e.env AND s.setup_intent_id = e.object_id);
  END IF;
  RETURN EXISTS (
    SELECT 1 FROM payment p WHERE p.env = e.env AND p.id = e.object_id AND p.checkout_session_id IS NOT NULL);
END $$;
