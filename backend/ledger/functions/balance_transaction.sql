-- What each capture and refund moved, its fee, and when it becomes available: money that was captured in parts matures
-- as a whole, counted from the last part.
CREATE OR REPLACE VIEW pay.balance_transaction WITH (security_invoker = true) AS
SELECT t.env, t.id, t.created_at, t.currency, t.code, t.ref_id,
       m.moved AS amount, f.fee, m.moved - f.fee AS net, c.id AS charge_id, p.description,
       began.created_at AS matures, freed.created_at AS available_at
  FROM pay.transfer t
 CROSS JOIN LATERAL (
    SELECT coalesce(sum(CASE WHEN i.kind LIKE 'merchant\_%' THEN l.amount ELSE 0 END
                      - CASE WHEN o.kind LIKE 'merchant\_%' THEN l.amount ELSE 0 END), 0)::bigint AS moved,
           bool_or(o.kind = 'merchant_pending') AS from_pending
      FROM pay.transfer l
      JOIN pay.account o ON (o.env, o.id) = (l.env, l.debit_id)
      JOIN pay.account i ON (i.env, i.id) = (l.env, l.credit_id)
     WHERE l.env = t.env AND l.code = t.code AND l.ref_id = t.ref_id) m
 CROSS JOIN LATERAL (
    SELECT coalesce(sum(l.amount), 0)::bigint AS fee FROM pay.transfer l
     WHERE t.code = 'capture' AND l.env = t.env AND l.code = 'fee' AND l.ref_id = t.ref_id) f
  LEFT JOIN LATERAL (
    SELECT r.payment_id FROM pay.refund r
     WHERE t.code = 'refund' AND m.from_pending AND r.env = t.env AND r.id = t.ref_id LIMIT 1) r ON true
  LEFT JOIN LATERAL (
    SELECT p.description FROM pay.payment p
     WHERE t.code = 'capture' AND p.env = t.env AND p.id = t.ref_id LIMIT 1) p ON true
  LEFT JOIN LATERAL (
    SELECT c.id FROM pay.charge c
     WHERE t.code = 'capture' AND c.env = t.env AND c.payment_id = t.ref_id AND c.captured LIMIT 1) c ON true
  LEFT JOIN LATERAL (
    SELECT max(b.created_at) AS created_at FROM pay.transfer b
     WHERE b.env = t.env AND b.code = 'capture'
       AND b.ref_id = CASE WHEN t.code = 'capture' THEN t.ref_id ELSE r.payment_id END) began ON true
  LEFT JOIN LATERAL (
    SELECT b.created_at FROM pay.transfer b
     WHERE b.env = t.env AND b.code = 'available' AND b.leg = 0
       AND b.ref_id = CASE WHEN t.code = 'capture' THEN t.ref_id ELSE r.payment_id END LIMIT 1) freed ON true
 WHERE t.leg = 0 AND t.code NOT IN ('fee', 'available') AND m.moved <> 0;
GRANT SELECT ON pay.balance_transaction TO farthing_app, farthing_auditor;
