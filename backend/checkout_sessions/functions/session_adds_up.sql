-- Lines are append-only. Where an order changes, the session says what of them is different now; a line keeps its
-- quantity unless it is adjustable, and all of them together come to what the session says.
CREATE OR REPLACE FUNCTION pay.session_adds_up(s pay.checkout_session) RETURNS boolean
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
