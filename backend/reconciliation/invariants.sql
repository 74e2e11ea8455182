-- Farthing's books check: what must hold in the database at every moment.
--
-- EVERY QUERY RETURNS NO ROWS WHEN ALL IS WELL. A row is a violation and names the object to look at.
--
-- Format (invariants.py reads it):
--   -- <id> | <meaning>          starts a check
--   -- plant: <SQL>              a violation that this check must catch; tests/integration/test_invariants.py runs each
--   <one SELECT>;                no percent sign: the driver would take it for a placeholder
--
-- Who runs them: farthing_auditor, whose policy shows it every environment (0015_reconciliation.sql), so one run
-- covers all of them and the checks across environments (P7, K1, records under env 0) need nothing special. S2 is run
-- as farthing_vault, once per environment, for nobody else may look into that schema.
--
-- When: after every experiment, on demand (`farthing verify`). L11, P2, P8 and P10 compare with pay.acquirer_record,
-- so import the acquirers' records first; they and P9, W6, X1 speak of a world with nothing in flight or with
-- everything on schedule, so let the reconciler finish first.
--
-- Waiting for tables that do not exist yet: R6 (dispute), O1-O5 (payout, payout_item, destination).
-- M1-M4, P12-P14, R7-R9, H3, C11 and C12 are additions to the list of the money design; H1 and H2 speak of blocks instead of
-- rows.


-- ====================================================================== Ledger

-- L1 | debits equal credits per environment and currency, over all accounts
-- plant: UPDATE pay.account SET debits = debits + 1 WHERE env = 1 AND kind = 'acquirer_clearing'
SELECT env, currency, sum(debits) - sum(credits) AS diff
FROM pay.account
GROUP BY env, currency
HAVING sum(debits) <> sum(credits);

-- L2 | the cached balance equals the sum of its transfers
-- plant: UPDATE pay.account SET debits = debits + 1, credits = credits + 1 WHERE env = 1 AND kind = 'fee_revenue'
SELECT a.env, a.id
FROM pay.account a
WHERE (a.debits, a.credits) <> (
  SELECT coalesce(sum(t.amount) FILTER (WHERE t.debit_id  = a.id), 0),
         coalesce(sum(t.amount) FILTER (WHERE t.credit_id = a.id), 0)
  FROM pay.transfer t
  WHERE t.env = a.env AND a.id IN (t.debit_id, t.credit_id));

-- L3 | account versions are dense 1..n: no lost, doubled or skipped posting
-- plant: UPDATE pay.transfer SET debit_version = 9 WHERE env = 1 AND code = 'payout'
SELECT a.env, a.id
FROM pay.account a
LEFT JOIN LATERAL (
  SELECT count(*) AS n, count(DISTINCT v) AS d, coalesce(max(v), 0) AS m
  FROM (SELECT debit_version AS v FROM pay.transfer t WHERE t.env = a.env AND t.debit_id = a.id
        UNION ALL
        SELECT credit_version FROM pay.transfer t WHERE t.env = a.env AND t.credit_id = a.id) x) s ON true
WHERE a.version <> s.n OR s.n <> s.d OR s.n <> s.m;

-- L4 | a floor account never goes below zero, holds included
-- plant: UPDATE pay.account SET debits = debits + 100000 WHERE env = 1 AND kind = 'merchant_available'
SELECT env, id
FROM pay.account
WHERE floor_zero AND credits - debits - pending_debits < 0;

-- L5 | running balances are continuous
-- plant: UPDATE pay.transfer SET credit_after = 1 WHERE env = 1 AND code = 'payout'
SELECT *
FROM (SELECT env, acct, v, after, delta, lag(after) OVER (PARTITION BY env, acct ORDER BY v) AS prev
      FROM (SELECT env, debit_id AS acct, debit_version AS v, debit_after AS after, -amount AS delta FROM pay.transfer
            UNION ALL
            SELECT env, credit_id, credit_version, credit_after, amount FROM pay.transfer) x) y
WHERE coalesce(prev, 0) + delta <> after;

-- L6 | a transfer never crosses currency or environment, is never zero or negative, never to itself
-- plant: UPDATE pay.transfer SET currency = 'eur' WHERE env = 1 AND code = 'payout'
SELECT t.env, t.id
FROM pay.transfer t
LEFT JOIN pay.account d ON (d.env, d.id) = (t.env, t.debit_id)
LEFT JOIN pay.account c ON (c.env, c.id) = (t.env, t.credit_id)
WHERE d.currency IS DISTINCT FROM t.currency
   OR c.currency IS DISTINCT FROM t.currency
   OR t.amount <= 0
   OR t.debit_id = t.credit_id;

-- L7 | one business fact posts at most once
-- plant: INSERT INTO pay.transfer SELECT * FROM pay.transfer WHERE env = 1 AND code = 'capture' AND ref_id = 'pi_100'
SELECT env, code, ref_id, leg
FROM pay.transfer
GROUP BY env, code, ref_id, leg
HAVING count(*) > 1;

-- L8 | a reversal is the exact opposite of its original, and an original is reversed at most once
-- plant: UPDATE pay.transfer SET amount = amount - 1 WHERE env = 1 AND code = 'correction'
SELECT r.env, r.id
FROM pay.transfer r
LEFT JOIN pay.transfer o ON (o.env, o.id) = (r.env, r.reverses)
WHERE r.reverses IS NOT NULL
  AND ((o.debit_id, o.credit_id, o.amount, o.currency) IS DISTINCT FROM (r.credit_id, r.debit_id, r.amount, r.currency)
       OR EXISTS (SELECT 1 FROM pay.transfer x WHERE x.env = r.env AND x.reverses = r.reverses AND x.id <> r.id));

-- L9 | a hold resolves once and never for more than it held
-- plant: UPDATE pay.hold SET posted_amount = amount + 1 WHERE env = 1 AND status = 'posted'
SELECT env, id
FROM pay.hold
WHERE (status = 'posted' AND (posted_amount IS NULL OR posted_amount > amount OR posted_amount <= 0))
   OR (status IN ('pending', 'voided', 'expired') AND coalesce(posted_amount, 0) <> 0)
   OR status NOT IN ('pending', 'posted', 'voided', 'expired');

-- L10 | pending totals equal open holds
-- plant: UPDATE pay.account SET pending_debits = pending_debits + 5 WHERE env = 1 AND kind = 'acquirer_clearing'
SELECT a.env, a.id
FROM pay.account a
WHERE (a.pending_debits, a.pending_credits) <> (
  SELECT coalesce(sum(h.amount) FILTER (WHERE h.debit_id  = a.id), 0),
         coalesce(sum(h.amount) FILTER (WHERE h.credit_id = a.id), 0)
  FROM pay.hold h
  WHERE h.env = a.env AND h.status = 'pending' AND a.id IN (h.debit_id, h.credit_id));

-- L11 | acquirer clearing equals what the acquirer's own records say it still owes
-- plant: DELETE FROM pay.acquirer_record WHERE network_key = 'k2'
SELECT env, cur, bal, net
FROM (SELECT env, currency AS cur, sum(debits - credits) AS bal
      FROM pay.account WHERE kind = 'acquirer_clearing' GROUP BY env, currency) c
FULL JOIN
     (SELECT env, currency AS cur,
             sum(CASE WHEN kind IN ('capture', 'sale', 'chargeback_reversal', 'refund_return') THEN amount
                      WHEN kind IN ('refund', 'chargeback', 'settlement') THEN -amount
                      ELSE 0 END) AS net
      FROM pay.acquirer_record WHERE status = 'approved' GROUP BY env, currency) r USING (env, cur)
WHERE coalesce(bal, 0) <> coalesce(net, 0);

-- L12 | the net of all balance transactions is the merchant's balance, per currency
-- plant: UPDATE pay.account SET credits = credits + 1 WHERE env = 1 AND kind = 'merchant_available'
-- plant: UPDATE pay.transfer SET ref_id = 'pi_999' WHERE env = 1 AND code = 'fee' AND ref_id = 'pi_102'
-- plant: UPDATE pay.transfer SET leg = 1 WHERE env = 1 AND code = 'refund'
SELECT env, cur, has, told
FROM (SELECT env, currency AS cur, sum(credits - debits) AS has FROM pay.account
      WHERE kind IN ('merchant_pending', 'merchant_available', 'merchant_debt') GROUP BY env, currency) a
FULL JOIN
     (SELECT env, currency AS cur, sum(net) AS told FROM pay.balance_transaction GROUP BY env, currency) b USING (env, cur)
WHERE coalesce(has, 0) <> coalesce(told, 0);


-- ====================================================================== Payments

-- P1 | at most one live or won authorisation per payment (the double-charge wall)
-- plant: INSERT INTO pay.attempt(env, payment_id, kind, status, network_key, amount, currency, next_check_at) VALUES (1, 'pi_100', 'authorize', 'unknown', 'k98', 10000, 'usd', now())
SELECT env, payment_id
FROM pay.attempt
WHERE kind IN ('authorize', 'sale') AND status IN ('sent', 'unknown', 'manual', 'approved')
GROUP BY env, payment_id
HAVING count(*) > 1;

-- P2 | at most one approved authorisation per payment at the acquirer
-- plant: INSERT INTO pay.attempt(env, payment_id, kind, status, network_key, connector, amount, currency) VALUES (1, 'pi_100', 'authorize', 'failed', 'k98', 'alder', 10000, 'usd'); INSERT INTO pay.acquirer_record VALUES (1, 'alder', 'k98', 'A98', 'authorize', 10000, 'usd', 'approved')
SELECT a.env, a.payment_id
FROM pay.acquirer_record r
JOIN pay.attempt a USING (env, network_key)
WHERE r.kind IN ('authorize', 'sale') AND r.status = 'approved'
GROUP BY a.env, a.payment_id
HAVING count(*) > 1;

-- P3 | a terminal payment has no open authorisation or capture
-- plant: UPDATE pay.attempt SET status = 'unknown', next_check_at = now() WHERE env = 1 AND network_key = 'k4'
SELECT p.env, p.id
FROM pay.payment p
JOIN pay.attempt a ON (a.env, a.payment_id) = (p.env, p.id)
WHERE p.status IN ('succeeded', 'canceled')
  AND a.kind IN ('authorize', 'sale', 'increment', 'capture')
  AND a.status IN ('sent', 'unknown', 'manual');

-- P4 | captured equals approved captures equals ledger captures
-- plant: UPDATE pay.payment SET captured = 9999 WHERE env = 1 AND id = 'pi_100'
SELECT p.env, p.id
FROM pay.payment p
WHERE p.captured IS DISTINCT FROM (
        SELECT coalesce(sum(a.amount), 0) FROM pay.attempt a
        WHERE a.env = p.env AND a.payment_id = p.id AND a.kind IN ('capture', 'sale') AND a.status = 'approved')
   OR p.captured IS DISTINCT FROM (
        SELECT coalesce(sum(t.amount), 0) FROM pay.transfer t
        WHERE t.env = p.env AND t.ref_id = p.id AND t.code = 'capture');

-- P5 | captured never exceeds what was authorised (increments included) in the same currency
-- plant: UPDATE pay.attempt SET amount = 9000 WHERE env = 1 AND network_key = 'k1'
SELECT p.env, p.id
FROM pay.payment p
WHERE p.captured > (
  SELECT coalesce(sum(a.amount), 0) FROM pay.attempt a
  WHERE a.env = p.env AND a.payment_id = p.id AND a.kind IN ('authorize', 'sale', 'increment')
    AND a.status = 'approved' AND a.currency = p.currency);

-- P6 | an approved attempt carries an acquirer reference, unique per connector
-- plant: UPDATE pay.attempt SET acquirer_ref = 'A1' WHERE env = 1 AND network_key = 'k2'
SELECT env, connector, acquirer_ref
FROM pay.attempt
WHERE status = 'approved'
GROUP BY env, connector, acquirer_ref
HAVING acquirer_ref IS NULL OR count(*) > 1;

-- P7 | network keys are never shared by two attempts, not even across environments
-- plant: UPDATE pay.attempt SET network_key = 'k1' WHERE env = 2
SELECT network_key
FROM pay.attempt
GROUP BY network_key
HAVING count(*) > 1;

-- P8 | two-way match with the acquirer: missing there, missing with us, or different
-- plant: UPDATE pay.acquirer_record SET amount = 9999 WHERE network_key = 'k2'
-- plant: INSERT INTO pay.acquirer_record VALUES (0, 'alder', 'k96', 'A96', 'sale', 500, 'usd', 'approved'); INSERT INTO pay.orphan(env, connector, network_key, kind, amount, currency, found, action) VALUES (0, 'alder', 'k96', 'sale', 500, 'usd', 'approved', 'undone')
SELECT coalesce(a.env, r.env) AS env, coalesce(a.network_key, r.network_key) AS network_key
FROM (SELECT * FROM pay.attempt WHERE kind <> 'payout') a
FULL JOIN (SELECT * FROM pay.acquirer_record
           WHERE kind IN ('authorize', 'sale', 'increment', 'capture', 'refund', 'void', 'verify')
             AND status <> 'tombstone') r
  USING (env, network_key)
WHERE (a.id IS NULL                                                       -- the costly side: they have it, we do not
       AND NOT EXISTS (SELECT 1 FROM pay.orphan o                         -- lost by a restore, and without effect since
                        WHERE (o.env, o.connector, o.network_key) = (0, r.connector, r.network_key)
                          AND (o.action = 'refunded' OR o.action IN ('undone', 'harmless')
                               AND (r.status <> 'approved' OR r.kind IN ('void', 'verify')))))
   OR (a.status IN ('approved', 'declined', 'reversed')
       AND (a.kind, a.amount, a.currency, a.status, a.connector)
           IS DISTINCT FROM (r.kind, r.amount, r.currency, r.status, r.connector))
   OR (a.status = 'failed' AND r.network_key IS NOT NULL AND r.status NOT IN ('declined', 'reversed'));

-- P9 | nothing is uncertain without a scheduled check
-- plant: UPDATE pay.attempt SET status = 'sent', next_check_at = now() - interval '1 hour' WHERE env = 1 AND network_key = 'k4'
SELECT env, id
FROM pay.attempt
WHERE status IN ('sent', 'unknown')
  AND (next_check_at IS NULL OR next_check_at < now() - interval '10 min');

-- P10 | a payment shown as failed or canceled has no captured money at the acquirer
-- plant: INSERT INTO pay.acquirer_record VALUES (1, 'alder', 'k97', 'C97', 'capture', 500, 'usd', 'approved'); INSERT INTO pay.attempt(env, payment_id, kind, status, network_key, connector, amount, currency) VALUES (1, 'pi_101', 'capture', 'failed', 'k97', 'alder', 500, 'usd')
SELECT p.env, p.id
FROM pay.payment p
JOIN pay.attempt a ON (a.env, a.payment_id) = (p.env, p.id)
JOIN pay.acquirer_record r ON (r.env, r.network_key) = (a.env, a.network_key)
WHERE p.status IN ('canceled', 'requires_payment_method')
  AND r.status = 'approved' AND r.kind IN ('capture', 'sale');

-- P11 | the status equals the last history row, history is dense, every step is legal
-- plant: UPDATE pay.payment SET status = 'processing' WHERE env = 1 AND id = 'pi_100'
SELECT p.env, p.entity, p.id
FROM (SELECT env, 'payment' AS entity, id, status FROM pay.payment
      UNION ALL SELECT env, 'attempt', id::text, status FROM pay.attempt
      UNION ALL SELECT env, 'charge', id, status FROM pay.charge
      UNION ALL SELECT env, 'refund', id, status FROM pay.refund
      UNION ALL SELECT env, 'authentication', id, status FROM pay.authentication
      UNION ALL SELECT env, 'checkout_session', id, status FROM pay.checkout_session) p
LEFT JOIN LATERAL (SELECT h.to_s, h.seq FROM pay.history h
                   WHERE (h.env, h.entity, h.id) = (p.env, p.entity, p.id)
                   ORDER BY h.seq DESC LIMIT 1) l ON true
WHERE l.to_s IS DISTINCT FROM p.status
   OR l.seq <> (SELECT count(*) FROM pay.history h WHERE (h.env, h.entity, h.id) = (p.env, p.entity, p.id))
UNION
SELECT h.env, h.entity, h.id
FROM pay.history h
WHERE NOT EXISTS (SELECT 1 FROM pay.transition t WHERE (t.entity, t.from_s, t.to_s) = (h.entity, h.from_s, h.to_s))
UNION
SELECT env, entity, id
FROM (SELECT env, entity, id, from_s, lag(to_s) OVER (PARTITION BY env, entity, id ORDER BY seq) AS p
      FROM pay.history) z
WHERE p IS NOT NULL AND p <> from_s;

-- P12 | what may still be captured is held in the ledger, and nothing else is
-- plant: UPDATE pay.hold SET status = 'voided' WHERE env = 1 AND status = 'pending'
SELECT p.env, p.id
FROM pay.payment p
LEFT JOIN LATERAL (SELECT coalesce(sum(h.amount), 0) AS held FROM pay.hold h
                   WHERE h.env = p.env AND h.code = 'auth' AND h.ref_id = p.id AND h.status = 'pending') l ON true
WHERE l.held <> p.amount_capturable
   OR (p.status = 'requires_capture') AND p.amount_capturable = 0
   OR (p.status IN ('succeeded', 'canceled', 'requires_payment_method') AND p.amount_capturable <> 0);

-- P13 | a payment has at most one charge that is not failed, and it says the same of the money
-- plant: UPDATE pay.charge SET amount_captured = 9999 WHERE env = 1 AND id = 'ch_100'
SELECT p.env, p.id
FROM pay.payment p
LEFT JOIN pay.charge c ON (c.env, c.payment_id) = (p.env, p.id) AND c.status <> 'failed'
GROUP BY p.env, p.id, p.captured, p.status
HAVING count(c.id) > 1
    OR coalesce(sum(c.amount_captured), 0) <> p.captured
    OR (p.status IN ('succeeded', 'requires_capture') AND bool_and(c.status = 'succeeded') IS NOT TRUE)
    OR (p.status = 'requires_payment_method' AND count(c.id) > 0);

-- P14 | a payment that has its money, or holds it, and its charge are for what was authorised, increments included
-- plant: UPDATE pay.charge SET amount = 9999 WHERE env = 1 AND id = 'ch_103'
-- plant: UPDATE pay.payment SET amount = 700 WHERE env = 1 AND id = 'pi_103'
-- plant: UPDATE pay.attempt SET status = 'declined' WHERE env = 1 AND kind = 'increment'
SELECT p.env, p.id
FROM pay.payment p
JOIN pay.charge c ON (c.env, c.payment_id) = (p.env, p.id) AND c.status <> 'failed'
LEFT JOIN LATERAL (SELECT sum(a.amount) AS authorized FROM pay.attempt a
                   WHERE a.env = p.env AND a.payment_id = p.id AND a.kind IN ('authorize', 'sale', 'increment')
                     AND a.status = 'approved') s ON true
WHERE p.status IN ('requires_capture', 'succeeded') AND (p.amount, c.amount) IS DISTINCT FROM (s.authorized, s.authorized);


-- ====================================================================== Refunds

-- R1 | refunds that are not failed or canceled never exceed captured
-- plant: INSERT INTO pay.refund(env, id, payment_id, amount, currency, status) VALUES (1, 're_299', 'pi_100', 9001, 'usd', 'pending')
SELECT p.env, p.id
FROM pay.payment p
JOIN pay.refund r ON (r.env, r.payment_id) = (p.env, p.id)
WHERE r.status NOT IN ('failed', 'canceled') AND r.released IS NOT TRUE
GROUP BY p.env, p.id, p.captured
HAVING sum(r.amount) > p.captured;

-- R2 | the reservation equals the refunds that are not failed or canceled
-- plant: UPDATE pay.payment SET refund_reserved = 999 WHERE env = 1 AND id = 'pi_100'
SELECT p.env, p.id
FROM pay.payment p
WHERE p.refund_reserved IS DISTINCT FROM (
  SELECT coalesce(sum(r.amount), 0) FROM pay.refund r
  WHERE r.env = p.env AND r.payment_id = p.id AND r.status NOT IN ('failed', 'canceled') AND r.released IS NOT TRUE);

-- R3 | a succeeded refund has exactly its ledger posting; a failed or canceled refund nets to zero
-- plant: UPDATE pay.refund SET status = 'failed' WHERE env = 1 AND id = 're_200'
-- plant: DELETE FROM pay.transfer WHERE env = 1 AND code = 'refund' AND ref_id = 're_200'
SELECT r.env, r.id
FROM pay.refund r
WHERE (CASE WHEN r.status = 'succeeded' AND r.released IS NOT TRUE THEN r.amount ELSE 0 END) IS DISTINCT FROM (
    SELECT coalesce(sum(CASE t.code WHEN 'refund' THEN t.amount WHEN 'refund_reversal' THEN -t.amount END), 0)
    FROM pay.transfer t
    WHERE t.env = r.env AND t.ref_id = r.id AND t.code IN ('refund', 'refund_reversal'));

-- R4 | the refund currency equals the payment currency and the amount is positive
-- plant: UPDATE pay.refund SET currency = 'eur' WHERE env = 1 AND id = 're_200'
-- plant: UPDATE pay.refund SET amount = -1 WHERE env = 1 AND id = 're_200'
SELECT r.env, r.id
FROM pay.refund r
JOIN pay.payment p ON (p.env, p.id) = (r.env, r.payment_id)
WHERE r.currency <> p.currency OR r.amount <= 0;

-- R5 | each succeeded refund went to the acquirer under exactly one approved attempt
-- plant: UPDATE pay.attempt SET status = 'unknown', next_check_at = now() WHERE env = 1 AND network_key = 'k9'
SELECT r.env, r.id
FROM pay.refund r
WHERE r.status = 'succeeded' AND r.released IS NOT TRUE
  AND (SELECT count(*) FROM pay.attempt a
       WHERE a.env = r.env AND a.refund_id = r.id AND a.kind = 'refund'
         AND a.status = 'approved' AND a.amount = r.amount) <> 1;

-- R7 | a charge says what was given back of it, and what was released
-- plant: UPDATE pay.charge SET amount_refunded = 999 WHERE env = 1 AND id = 'ch_100'
-- plant: UPDATE pay.charge SET refunded = true WHERE env = 1 AND id = 'ch_100'
SELECT c.env, c.id
FROM pay.charge c
LEFT JOIN LATERAL (SELECT coalesce(sum(r.amount), 0) AS given,
                          coalesce(sum(r.amount) FILTER (WHERE r.released), 0) AS released FROM pay.refund r
                   WHERE r.env = c.env AND r.charge_id = c.id AND r.status = 'succeeded') g ON true
WHERE (c.captured AND (c.amount_refunded <> g.given OR c.refunded <> (g.given - g.released = c.amount_captured)))
   OR (NOT c.captured AND g.given > 0 AND (g.given <> g.released OR c.amount_refunded <> g.given));

-- R8 | a refund that is on its way holds exactly its amount, and no other refund holds anything
-- plant: UPDATE pay.hold SET status = 'voided' WHERE env = 1 AND ref_id = 're_201'
-- plant: UPDATE pay.refund SET pending_reason = 'insufficient_funds' WHERE env = 1 AND id = 're_201'
SELECT r.env, r.id
FROM pay.refund r
LEFT JOIN LATERAL (SELECT coalesce(sum(h.amount), 0) AS held FROM pay.hold h
                   WHERE h.env = r.env AND h.code = 'refund' AND h.ref_id = r.id AND h.status = 'pending') l ON true
WHERE l.held <> CASE WHEN r.status = 'pending' AND r.pending_reason = 'processing' AND r.released IS NOT TRUE
                     THEN r.amount ELSE 0 END;

-- R9 | a refund that waits for balance is looked at again, one on its way has its message, and none is forgotten
-- plant: UPDATE pay.refund SET next_check_at = now() - interval '1 hour' WHERE env = 1 AND id = 're_200'
-- plant: DELETE FROM pay.attempt WHERE env = 1 AND refund_id = 're_201'
SELECT r.env, r.id
FROM pay.refund r
WHERE r.next_check_at < now() - interval '10 min'
   OR (r.pending_reason = 'insufficient_funds' AND r.next_check_at IS NULL)
   OR (r.pending_reason = 'processing' AND r.released IS NOT TRUE
       AND (SELECT count(*) FROM pay.attempt a WHERE a.env = r.env AND a.refund_id = r.id
             AND a.status IN ('sent', 'unknown', 'manual')) <> 1);


-- ====================================================================== Webhooks

-- W1 | each terminal fact has exactly one event
-- plant: DELETE FROM pay.event WHERE env = 1 AND id = 'evt_1'
SELECT p.env, p.id
FROM pay.payment p
WHERE p.status IN ('succeeded', 'canceled')
  AND (SELECT count(*) FROM pay.event e
       WHERE e.env = p.env AND e.object_id = p.id AND e.type = 'payment_intent.' || p.status) <> 1;

-- W2 | no phantom event
-- plant: UPDATE pay.event SET object_id = 'pi_999' WHERE env = 1 AND id = 'evt_1'
-- plant: UPDATE pay.event SET type = 'charge.refund.updated' WHERE env = 1 AND id = 'evt_1'
SELECT e.env, e.id
FROM pay.event e
WHERE (starts_with(e.type, 'payment_intent.')
       AND NOT EXISTS (SELECT 1 FROM pay.payment p WHERE p.env = e.env AND p.id = e.object_id))
   OR (starts_with(e.type, 'charge.') AND e.type !~ '^charge[.](dispute|refund)[.]'
       AND NOT EXISTS (SELECT 1 FROM pay.charge c WHERE c.env = e.env AND c.id = e.object_id))
   OR (e.type ~ '^(charge[.])?refund[.]'
       AND NOT EXISTS (SELECT 1 FROM pay.refund r WHERE r.env = e.env AND r.id = e.object_id));

-- W3 | dispatched event x subscribed endpoint has exactly one delivery
-- plant: DELETE FROM pay.delivery WHERE env = 1 AND event_id = 'evt_1'
SELECT e.env, e.id AS event_id, n.id AS endpoint_id
FROM pay.event e
JOIN pay.outbox o   ON (o.env, o.event_id) = (e.env, e.id) AND o.dispatched_at IS NOT NULL
JOIN pay.endpoint n ON n.env = e.env AND n.enabled AND n.enabled_since < e.created_at
                   AND ('*' = ANY (n.enabled_events) OR e.type = ANY (n.enabled_events))
WHERE (SELECT count(*) FROM pay.delivery d
       WHERE d.env = e.env AND d.event_id = e.id AND d.endpoint_id = n.id) <> 1;

-- W4 | no delivery crosses an environment
-- plant: UPDATE pay.delivery SET env = 2 WHERE env = 1 AND event_id = 'evt_1'
SELECT d.env, d.id
FROM pay.delivery d
LEFT JOIN pay.event e    ON (e.env, e.id) = (d.env, d.event_id)
LEFT JOIN pay.endpoint n ON (n.env, n.id) = (d.env, d.endpoint_id)
WHERE e.id IS NULL OR n.id IS NULL;

-- W5 | the delivery status agrees with the evidence
-- plant: UPDATE pay.delivery SET last_status = 302 WHERE env = 1 AND event_id = 'evt_1'
SELECT env, id
FROM pay.delivery
WHERE (status = 'succeeded' AND (last_status IS NULL OR last_status NOT BETWEEN 200 AND 299))
   OR (status = 'failed' AND attempts < max_attempts AND last_status IS DISTINCT FROM 410)
   OR (status = 'pending' AND next_at IS NULL);

-- W6 | nothing pending is overdue; what is due for an endpoint that is down waits for its next probe
-- plant: UPDATE pay.delivery SET next_at = now() - interval '1 hour' WHERE env = 1 AND status = 'pending'
SELECT d.env, d.id
FROM pay.delivery d
JOIN pay.endpoint n ON (n.env, n.id) = (d.env, d.endpoint_id)
WHERE d.status = 'pending'
  AND greatest(d.next_at, CASE WHEN n.failures >= 3 THEN n.probe_at END) < now() - interval '5 min';

-- W7 | the sequence of events per object is dense
-- plant: UPDATE pay.event SET object_seq = 5 WHERE env = 1 AND id = 'evt_2'
SELECT env, object_id
FROM pay.event
GROUP BY env, object_id
HAVING count(*) <> max(object_seq) OR count(DISTINCT object_seq) <> count(*);


-- ====================================================================== Idempotency

-- I1 | a finished key has a response; an unfinished one is leased or is picked up by the completer in time
-- plant: UPDATE pay.idempotency SET response_code = NULL WHERE env = 1 AND key = 'a'
SELECT env, key
FROM pay.idempotency
WHERE (recovery_point = 'finished') <> (response_code IS NOT NULL)
   OR (recovery_point <> 'finished' AND locked_until < now() - interval '5 min');

-- I2 | one key never yields two resources, one resource never comes from two keys
-- plant: INSERT INTO pay.idempotency(env, key, request_hash, recovery_point, response_code, resource_id) VALUES (1, 'c', 'h', 'finished', 200, 'pi_100')
SELECT env, resource_id AS what
FROM pay.idempotency
WHERE resource_id IS NOT NULL
GROUP BY env, resource_id
HAVING count(*) > 1
UNION ALL
SELECT env, key
FROM pay.idempotency
GROUP BY env, key
HAVING count(*) > 1;


-- ====================================================================== Outbox

-- X1 | no outbox row is stale; every event went through the outbox
-- plant: UPDATE pay.outbox SET dispatched_at = NULL, created_at = now() - interval '1 hour' WHERE env = 1 AND event_id = 'evt_1'
SELECT env, event_id
FROM pay.outbox
WHERE dispatched_at IS NULL AND created_at < now() - interval '60 s'
UNION ALL
SELECT e.env, e.id
FROM pay.event e
WHERE NOT EXISTS (SELECT 1 FROM pay.outbox o WHERE o.env = e.env AND o.event_id = e.id);


-- ====================================================================== Timers

-- D1 | every object that waits for a moment has its timer: open sessions, links that end, money held or pending, undoings
-- plant: DELETE FROM pay.due WHERE env = 1 AND kind = 'capture_window'
-- plant: DELETE FROM pay.due WHERE env = 1 AND kind = 'funds'
-- plant: INSERT INTO pay.checkout_session(env, id, status, currency, amount_total, created_at, expires_at) VALUES (1, 'cs_9', 'open', 'usd', 100, now(), now())
-- plant: INSERT INTO pay.verdict(env, attempt_id, said, reason) SELECT env, id, 'to_undo', 'approved' FROM pay.attempt WHERE env = 1 AND network_key = 'k4'
-- plant: INSERT INTO pay.payment_link(env, id, doc, created_at) VALUES (1, 'plink_9', '{"active": true, "expires_at": 1900000000}', now())
SELECT w.env, w.kind, w.object_id
FROM (SELECT env, 'session' AS kind, id AS object_id FROM pay.checkout_session WHERE status = 'open'
      UNION ALL
      SELECT env, 'payment_link', id FROM pay.payment_link WHERE doc->>'expires_at' IS NOT NULL AND doc->>'active' = 'true'
      UNION ALL
      SELECT env, 'capture_window', id FROM pay.payment WHERE status = 'requires_capture'
      UNION ALL
      SELECT v.env, 'undoing', v.attempt_id::text FROM pay.verdict v WHERE v.said = 'to_undo' AND NOT EXISTS (
        SELECT 1 FROM pay.verdict u WHERE (u.env, u.attempt_id, u.said) = (v.env, v.attempt_id, 'undone') AND u.at >= v.at)
      UNION ALL
      SELECT DISTINCT env, 'funds', '' FROM pay.account WHERE kind = 'merchant_pending' AND credits > debits) w
WHERE NOT EXISTS (SELECT 1 FROM pay.due d WHERE (d.env, d.kind, d.object_id) = (w.env, w.kind, w.object_id));


-- ====================================================================== Mails

-- M1 | of one reason one mail goes to an address
-- plant: INSERT INTO pay.mail SELECT env, 'mail_9', kind, object_id, reason, address, status, attempts, next_at, leased_until, lease, answer, sent_at, actor, request_id, created_at FROM pay.mail WHERE env = 1 AND id = 'mail_1'
SELECT env, reason
FROM pay.mail
GROUP BY env, reason, address
HAVING count(*) > 1;

-- M2 | a receipt is of money that was paid, or that went back
-- plant: UPDATE pay.mail SET object_id = 'ch_101' WHERE env = 1 AND id = 'mail_1'
-- plant: UPDATE pay.mail SET kind = 'refund_receipt', object_id = 're_201' WHERE env = 1 AND id = 'mail_1'
SELECT m.env, m.id
FROM pay.mail m
LEFT JOIN pay.charge c ON (c.env, c.id) = (m.env, m.object_id) AND c.captured AND c.status = 'succeeded'
LEFT JOIN pay.refund r ON (r.env, r.id) = (m.env, m.object_id) AND r.status IN ('succeeded', 'failed')
WHERE (m.kind = 'receipt' AND c.id IS NULL) OR (m.kind = 'refund_receipt' AND r.id IS NULL);

-- M3 | every payment that succeeded with an address drafted its receipt (those since the environment's first mail)
-- plant: UPDATE pay.payment SET receipt_email = 'b@example.com' WHERE env = 1 AND id = 'pi_102'
SELECT p.env, p.id
FROM pay.payment p
JOIN pay.charge c ON (c.env, c.payment_id) = (p.env, p.id) AND c.captured AND c.status = 'succeeded'
WHERE p.status = 'succeeded' AND p.receipt_email IS NOT NULL AND NOT coalesce(c.own ? 'receipt_email', false)
  AND p.created_at >= (SELECT min(m.created_at) FROM pay.mail m WHERE m.env = p.env)
  AND NOT EXISTS (SELECT 1 FROM pay.mail m WHERE m.env = p.env AND m.object_id = c.id);

-- M4 | no mail that waits is overdue
-- plant: UPDATE pay.mail SET status = 'waiting', sent_at = NULL, next_at = now() - interval '1 hour' WHERE env = 1 AND id = 'mail_1'
SELECT env, id
FROM pay.mail
WHERE status = 'waiting' AND next_at < now() - interval '10 min';


-- ====================================================================== Stored secrets

-- S1 | no card number in free text, json or stored bodies, as the doors' own detector sees them (backend/card_numbers.py)
-- plant: UPDATE pay.payment SET metadata = '{"note":"card 4242 4242 4242 4242 ok"}' WHERE env = 1 AND id = 'pi_100'
-- plant: UPDATE pay.delivery_attempt SET response_body = '{"pan":"4242-4242-4242-4242"}' WHERE env = 1
-- plant: UPDATE pay.delivery_attempt SET response_body = convert_to('５５５５ ５５５５ ５５５５ ４４４４ – ありがとう', 'UTF8') WHERE env = 1
-- plant: UPDATE pay.delivery_attempt SET response_body = convert_to('4539 1488 0343 6467', 'UTF8') WHERE env = 1
-- plant: UPDATE pay.payment SET description = '4242 4242 4242 4242 12/34' WHERE env = 1 AND id = 'pi_100'
-- plant: INSERT INTO pay.verdict(env, attempt_id, said, reason) SELECT env, id, 'not_done', 'card 4242 4242 4242 4242' FROM pay.attempt WHERE env = 1 AND network_key = 'k4'
-- plant: UPDATE pay.payment SET description = '4242424242424242 12 34 123' WHERE env = 1 AND id = 'pi_100'
-- plant: UPDATE pay.payment SET description = '4539148803436467/123' WHERE env = 1 AND id = 'pi_100'
-- plant: UPDATE pay.payment SET description = '4539148803436467' || '1234123' WHERE env = 1 AND id = 'pi_100'
-- plant: UPDATE pay.payment SET description = '45391488_03436467' WHERE env = 1 AND id = 'pi_100'
-- plant: UPDATE pay.payment SET metadata = '{"note":"4539\n1488\n0343\n6467"}' WHERE env = 1 AND id = 'pi_100'
-- plant: UPDATE pay.payment SET return_url = 'https://a.example/?q=4539%201488%200343%206467' WHERE env = 1 AND id = 'pi_100'
-- plant: UPDATE pay.payment SET description = '3782 822463 10005 01 29' WHERE env = 1 AND id = 'pi_100'
-- plant: UPDATE pay.payment SET description = '8171 9999 2766 0000' WHERE env = 1 AND id = 'pi_100'
-- plant: UPDATE pay.payment SET description = '2223003122003222' WHERE env = 1 AND id = 'pi_100'
-- plant: UPDATE pay.payment SET description = '9792000000000003' WHERE env = 1 AND id = 'pi_100'
-- plant: UPDATE pay.payment SET description = '٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢' WHERE env = 1 AND id = 'pi_100'
-- plant: UPDATE pay.payment SET description = '４２４２ ４２４２ ４２４２ ４２４２' WHERE env = 1 AND id = 'pi_100'
-- plant: UPDATE pay.event SET data = '{"description":"5555555555554444"}' WHERE env = 1 AND id = 'evt_2'
-- plant: UPDATE pay.idempotency SET response_body = '{"x":"378282246310005"}' WHERE env = 1 AND key = 'a'
-- plant: UPDATE pay.audit SET body = '{"url":"https://a.example/4242424242424242"}' WHERE env = 1 AND tbl = 'endpoint'
-- plant: INSERT INTO pay.request VALUES (1, now(), 'req_1', 'POST', '/v1/customers', 400, 1, NULL, 'mk_1', 'v', NULL, '', '', '[["name","4242424242424242"]]', '', '{}')
-- (left out: the network's own transaction id, 15 digits of which some could be a card's, and the bytes of uploaded
-- files, which no text search can read; the lines between columns keep them apart, for digits of two of them are no
-- number: an address that ends in 1, an order's number after it; this query only passes over what surely holds none)
WITH written AS (
  SELECT env, 'payment' AS tbl, id, concat_ws(E'\n{}\n', metadata, description, receipt_email, statement_descriptor,
         statement_descriptor_suffix, transfer_group, return_url, shipping, last_payment_error, next_action,
         cancellation_reason) AS body FROM pay.payment
  UNION ALL SELECT env, 'customer', id, concat_ws(E'\n{}\n', email, name, phone, description, address, shipping, metadata,
         preferred_locales, invoice_settings, invoice_prefix) FROM pay.customer
  UNION ALL SELECT env, 'payment_method', id, concat_ws(E'\n{}\n', card, bank, billing_details, metadata)
         FROM pay.payment_method
  UNION ALL SELECT env, 'charge', id, concat_ws(E'\n{}\n', payment_method_details, billing_details, outcome,
         failure_message, own, scenario) FROM pay.charge
  UNION ALL SELECT env, 'refund', id, concat_ws(E'\n{}\n', metadata, reason, pending_reason, failure_reason, method_type)
         FROM pay.refund
  UNION ALL SELECT env, 'attempt', id::text, concat_ws(E'\n{}\n', answer, asked, note, three_d_secure, idempotency_key)
         FROM pay.attempt
  UNION ALL SELECT env, 'verdict', id::text, concat_ws(E'\n{}\n', said, reason) FROM pay.verdict
  UNION ALL SELECT env, 'authentication', id, concat_ws(E'\n{}\n', return_url, acs_url) FROM pay.authentication
  UNION ALL SELECT env, 'confirmation_token', id, doc::text FROM pay.confirmation_token
  UNION ALL SELECT env, 'customer_balance_transaction', id, doc::text FROM pay.customer_balance_transaction
  UNION ALL SELECT env, 'dispute', id, doc::text FROM pay.dispute
  UNION ALL SELECT env, 'early_fraud_warning', id, doc::text FROM pay.early_fraud_warning
  UNION ALL SELECT env, 'mandate', id, doc::text FROM pay.mandate
  UNION ALL SELECT env, 'setup_attempt', id, doc::text FROM pay.setup_attempt
  UNION ALL SELECT env, 'setup_authentication', id, doc::text FROM pay.setup_authentication
  UNION ALL SELECT env, 'setup_intent', id, doc::text FROM pay.setup_intent
  UNION ALL SELECT env, 'tax_id', id, doc::text FROM pay.tax_id
  UNION ALL SELECT env, 'token', id, doc::text FROM pay.token
  UNION ALL SELECT env, 'tax_rate', id, doc::text FROM pay.tax_rate
  UNION ALL SELECT env, 'product', id, doc::text FROM pay.product
  UNION ALL SELECT env, 'price', id, doc::text FROM pay.price
  UNION ALL SELECT env, 'coupon', id, doc::text FROM pay.coupon
  UNION ALL SELECT env, 'promotion_code', id, doc::text FROM pay.promotion_code
  UNION ALL SELECT env, 'shipping_rate', id, doc::text FROM pay.shipping_rate
  UNION ALL SELECT env, 'payment_link', id, doc::text FROM pay.payment_link
  UNION ALL SELECT env, 'account_profile', id, doc::text FROM pay.account_profile
  UNION ALL SELECT env, 'file', id, doc::text FROM pay.file
  UNION ALL SELECT env, 'file_link', id, doc::text FROM pay.file_link
  UNION ALL SELECT env, 'mail', id, concat_ws(E'\n{}\n', address, reason, answer) FROM pay.mail
  UNION ALL SELECT env, 'idempotency', key, concat_ws(E'\n{}\n', key, chr(1) || encode(response_body, 'escape')) FROM pay.idempotency
  UNION ALL SELECT env, 'event', id, concat_ws(E'\n{}\n', data, previous_attributes, idempotency_key) FROM pay.event
  UNION ALL SELECT env, 'endpoint', id, concat_ws(E'\n{}\n', url, description, metadata) FROM pay.endpoint
  UNION ALL SELECT env, 'delivery', id::text, chr(1) || encode(body, 'escape') FROM pay.delivery
  UNION ALL SELECT env, 'delivery_attempt', id::text, concat_ws(E'\n{}\n', url, error, chr(1) || encode(response_body, 'escape'))
         FROM pay.delivery_attempt
  UNION ALL SELECT env, 'checkout_session', id, concat_ws(E'\n{}\n', customer_email, client_reference_id, success_url,
         cancel_url, payment_intent_data, setup_intent_data, metadata, customer_details, locale, asks, tried, collected,
         lines) FROM pay.checkout_session
  UNION ALL SELECT env, 'request', id, concat_ws(E'\n{}\n', method, path, code, version, ip, user_agent, idempotency_key,
         params, answer, objects) FROM pay.request
  UNION ALL SELECT env, 'audit', id::text, (body - '{network_key,acquirer_ref,ref_id,payment_id,customer_id,
         payment_method_id,latest_charge_id,charge_id,refund_id,payout_id,account_id}'::text[])::text FROM pay.audit
  UNION ALL SELECT env, 'checkout_line_item', id, concat_ws(E'\n{}\n', name, description, images, metadata,
         adjustable_quantity) FROM pay.checkout_line_item)
SELECT w.env, w.tbl, w.id, w.body
FROM written w
WHERE w.body ~ '(?:[0-9](?:[^0-9A-Za-z"{}\[\]]|[%\\&][0-9A-Za-z#]{1,6};?){0,8}){12}[0-9]'
   OR w.body ~ '[^\x01-\x7f]' OR w.body ~ '(?:\\[0-7]{3}){6}';

-- S2 | no ciphertext under a key that is not in use, or past its retirement date
-- plant: UPDATE vault.card SET key_id = 'vk_2' WHERE env = 1
-- plant: INSERT INTO vault.bank_account (env, token, account, key_id, sealed, facts) VALUES (1, 'pm_b', 'acct_1', 'vk_2', '\x0011223344556677889900112233445566778899001122334455667788990011', '{}')
SELECT c.env, c.token
FROM (SELECT env, token, key_id FROM vault.card UNION ALL SELECT env, token, key_id FROM vault.bank_account) c
LEFT JOIN vault.key k ON (k.env, k.id) = (c.env, c.key_id)
WHERE k.state IS NULL OR k.state NOT IN ('active', 'decrypt_only')
   OR (k.state = 'decrypt_only' AND k.retire_by < now());


-- ====================================================================== Customers

-- B1 | a customer's balance is the sum of its changes, which are numbered without gaps, and what the last one says
-- plant: INSERT INTO pay.customer (env, id, metadata, preferred_locales, created_at, balance) VALUES (1, 'cus_b', '{}', '{}', now(), 5)
-- plant: INSERT INTO pay.customer (env, id, metadata, preferred_locales, created_at, balance, balance_changes) VALUES (1, 'cus_b', '{}', '{}', now(), 5, 1); INSERT INTO pay.customer_balance_transaction (env, id, doc, created_at) VALUES (1, 'cbtxn_b', '{"customer": "cus_b", "number": 2, "amount": 5, "ending_balance": 5}', now())
-- plant: INSERT INTO pay.customer (env, id, metadata, preferred_locales, created_at, balance, balance_changes) VALUES (1, 'cus_b', '{}', '{}', now(), 5, 1); INSERT INTO pay.customer_balance_transaction (env, id, doc, created_at) VALUES (1, 'cbtxn_b', '{"customer": "cus_b", "number": 1, "amount": 5, "ending_balance": 6}', now())
SELECT c.env, c.id
FROM pay.customer c
LEFT JOIN LATERAL (
  SELECT sum(t.amount) AS total, count(*) AS n, max(t.number) AS last,
         (array_agg(t.ending_balance ORDER BY t.number DESC))[1] AS ending
  FROM pay.customer_balance_transaction t WHERE (t.env, t.customer_id) = (c.env, c.id)) t ON true
WHERE (coalesce(c.balance, 0), coalesce(c.balance_changes, 0))
      IS DISTINCT FROM (coalesce(t.total, 0)::bigint, t.n::int)
   OR coalesce(t.last, 0) <> t.n
   OR coalesce(t.ending, 0) <> coalesce(t.total, 0);


-- ====================================================================== Audit trail

-- H1 | every block recomputes from its rows, links to the one before, and none is missing: edit, delete, insert, reorder
-- plant: UPDATE pay.audit SET body = '{"amount": 999999}' WHERE env = 1 AND tbl = 'payment' AND row_id = 'pi_100'
-- plant: UPDATE pay.audit SET actor = 'somebody else' WHERE env = 1 AND tbl = 'hold'
-- plant: DELETE FROM pay.audit WHERE env = 1 AND tbl = 'charge' AND row_id = 'ch_101'
-- plant: INSERT INTO pay.audit(env, xid, actor, request_id, tbl, op, row_id, body) SELECT env, xid, '', '', tbl, op, 'pi_0', '{}' FROM pay.audit WHERE env = 1 AND row_id = 'pi_100'
-- plant: UPDATE pay.transfer SET amount = amount + 1 WHERE env = 1 AND code = 'settled'
-- plant: UPDATE pay.transfer SET created_at = created_at - interval '1 day' WHERE env = 1 AND code = 'settled'
-- plant: UPDATE pay.audit_block SET hash = sha256('x') WHERE env = 1
-- plant: UPDATE pay.audit_block SET number = 2 WHERE env = 1
-- plant: UPDATE pay.audit SET env = 2 WHERE env = 1 AND tbl = 'endpoint'
SELECT b.env, b.number, b.at AS sealed_at, CASE
    WHEN b.number <> b.n OR b.prev IS DISTINCT FROM coalesce(b.before, ''::bytea) OR NOT b.adjoins
      THEN 'the chain is broken before this block'
    WHEN (d.audits, d.transfers) <> (b.audits, b.transfers) THEN 'rows were added or taken away'
    ELSE 'a row was changed' END AS finding,
  d.audits - b.audits AS audits_more, d.transfers - b.transfers AS transfers_more
FROM (SELECT k AS block, k.*, lag(hash) OVER w AS before, row_number() OVER w AS n,
        CASE WHEN no_to IS NULL THEN xid_from = coalesce(lag(xid_to) OVER w, '0'::xid8) AND lag(no_to) OVER w IS NULL
             WHEN lag(no_to) OVER w IS NOT NULL THEN no_from = lag(no_to) OVER w
             ELSE no_from > 0 OR xid_from = coalesce(lag(xid_to) OVER w, '0'::xid8) END AS adjoins
        FROM pay.audit_block k WINDOW w AS (PARTITION BY env ORDER BY number)) b
CROSS JOIN LATERAL pay.audit_contents(b.block) d
WHERE b.number <> b.n OR b.prev IS DISTINCT FROM coalesce(b.before, ''::bytea) OR NOT b.adjoins
   OR (d.audits, d.transfers) <> (b.audits, b.transfers) OR b.hash IS DISTINCT FROM d.hash
UNION ALL  -- a block looks for its rows among some transactions: no number that is sealed may stand elsewhere
SELECT s.env, s.number, s.at, 'rows were added that no block has', a.n - s.audits, t.n - s.transfers
FROM (SELECT env, max(number) AS number, max(at) AS at, max(no_to) AS no_to, sum(audits) AS audits,
             sum(transfers) AS transfers
        FROM pay.audit_block GROUP BY env HAVING max(no_to) IS NOT NULL) s
CROSS JOIN LATERAL (SELECT count(*) AS n FROM pay.audit r WHERE r.env = s.env AND r.id <= s.no_to) a
CROSS JOIN LATERAL (SELECT count(*) AS n FROM pay.transfer r
                     WHERE r.env = s.env AND (r.no IS NULL OR r.no <= s.no_to)) t
WHERE (a.n, t.n) <> (s.audits, s.transfers)
UNION ALL  -- nor a new number among transactions that are over
SELECT e.env, e.number, NULL, 'rows were added to transactions that are over', count(*), 0
FROM pay.audit_edge e JOIN pay.audit r ON r.env = e.env AND r.id > e.sealed AND r.xid < e.floor
WHERE e.server = (SELECT system_identifier FROM pg_control_system())
GROUP BY e.env, e.number;

-- H2 | nothing stays unsealed: no row is older than a minute while younger ones exist or a younger block was closed
-- plant: INSERT INTO pay.audit(env, at, actor, request_id, tbl, op, row_id, body) VALUES (1, now() - interval '2 min', '', '', 'payment', 'UPDATE', 'pi_100', '{}')
-- plant: DELETE FROM pay.audit_block WHERE env = 1; UPDATE pay.audit SET at = at - interval '2 min' WHERE env = 1 AND row_id = 'pi_100'
-- (a cut tail shows only beside the heads kept outside the database: backend/audit/comparison.py)
SELECT r.env, min(r.at) AS oldest_unsealed, count(*) AS rows
FROM (SELECT env, xid, id AS no, at FROM pay.audit
      UNION ALL SELECT env, xid, no, created_at FROM pay.transfer
       WHERE created_at <= now()) r  -- a transfer of an environment whose clock is ahead: the trail of its commit tells
LEFT JOIN (SELECT env, max(xid_to) AS edge, max(no_to) AS no, max(at) AS at FROM pay.audit_block GROUP BY env) b
       ON b.env = r.env
WHERE CASE WHEN b.no IS NULL THEN r.xid >= coalesce(b.edge, '0'::xid8) ELSE r.no > b.no END
GROUP BY r.env
HAVING greatest(max(r.at), max(b.at)) - min(r.at) > interval '60 s';

-- H3 | what the trail told last of a row is what the row says: catches a change made while the triggers were off
-- plant: UPDATE pay.payment SET status = 'succeeded' WHERE env = 1 AND id = 'pi_101'
-- plant: UPDATE pay.charge SET amount_captured = 9000 WHERE env = 1 AND id = 'ch_100'
-- plant: INSERT INTO pay.attempt(env, id, payment_id, kind, number, status, step, network_key, connector, amount, currency, sent_at, check_no) VALUES (1, gen_random_uuid(), 'pi_101', 'sale', 3, 'declined', 1, 'k77', 'alder', 500, 'usd', now(), 0)
WITH told AS (
  SELECT DISTINCT ON (a.env, a.tbl, a.row_id, k.name) a.env, a.tbl, a.row_id, k.name,
         CASE a.op WHEN 'UPDATE' THEN k.value->>1 ELSE k.value #>> '{}' END AS value
  FROM pay.audit a CROSS JOIN LATERAL jsonb_each(a.body) k(name, value)
  WHERE a.tbl IN ('payment', 'attempt', 'charge') AND k.name IN ('status', 'amount', 'captured', 'amount_captured')
  ORDER BY a.env, a.tbl, a.row_id, k.name, a.id DESC),
said AS (
  SELECT env, 'payment' AS tbl, id, v.name, v.value
  FROM pay.payment, LATERAL (VALUES ('status', status), ('amount', amount::text), ('captured', captured::text)) v(name, value)
  UNION ALL SELECT env, 'attempt', id::text, v.name, v.value
  FROM pay.attempt, LATERAL (VALUES ('status', status), ('amount', amount::text)) v(name, value)
  UNION ALL SELECT env, 'charge', id, v.name, v.value
  FROM pay.charge, LATERAL (VALUES ('status', status), ('amount', amount::text),
                                   ('amount_captured', amount_captured::text)) v(name, value))
SELECT s.env, s.tbl, s.id, s.name, s.value AS row_says, t.value AS trail_says
FROM said s LEFT JOIN told t ON (t.env, t.tbl, t.row_id, t.name) = (s.env, s.tbl, s.id, s.name)
WHERE t.value IS DISTINCT FROM s.value;

-- H4 | no key's hash, password, endpoint's secret or ciphertext was exchanged, moved or planted behind the trail's back
-- plant: ALTER TABLE vault.card DISABLE TRIGGER sealed; UPDATE vault.card SET sealed = decode(repeat('01', 44), 'hex') WHERE env = 1
-- plant: ALTER TABLE vault.card DISABLE TRIGGER sealed; UPDATE vault.card SET last4 = '0000' WHERE env = 1
-- plant: ALTER TABLE vault.card DISABLE TRIGGER sealed; DELETE FROM vault.card WHERE env = 1
-- plant: ALTER TABLE vault.key DISABLE TRIGGER sealed; UPDATE vault.key SET kek = 'other' WHERE env = 1 AND id = 'vk_1'
-- plant: UPDATE pay.endpoint SET secrets = '["planted"]' WHERE env = 1
-- plant: ALTER TABLE core.api_key DISABLE TRIGGER sealed; INSERT INTO core.api_key(id, env, kind, hash, prefix, last4) VALUES ('mk_p', 1, 'secret', sha256('planted'), 'sk_test_', 'nted')
-- plant: ALTER TABLE core.member DISABLE TRIGGER sealed; INSERT INTO core.member(id, account_id, email, password_hash) VALUES ('mem_p', 'acct_1', 'p@example.com', 'h')
WITH told AS (
  SELECT DISTINCT ON (env, tbl, row_id) env, tbl, row_id, op,
         CASE op WHEN 'UPDATE' THEN body->'seal'->>1 ELSE body->>'seal' END AS seal
  FROM pay.audit
  WHERE tbl IN ('core_api_key_seal', 'core_member_seal', 'pay_endpoint_seal', 'vault_key_seal', 'vault_card_seal',
                'vault_bank_account_seal')
  ORDER BY env, tbl, row_id, id DESC)
SELECT env, tbl, row_id, CASE WHEN s.seal IS NULL THEN 'the row is gone' WHEN t.seal IS NULL THEN 'the trail knows no such row'
         ELSE 'the row is not as the trail sealed it' END AS finding
FROM pay.seals() s FULL JOIN (SELECT * FROM told WHERE op <> 'DELETE') t USING (env, tbl, row_id)
WHERE s.seal IS DISTINCT FROM t.seal;


-- ====================================================================== Clearing checks

-- K1 | the two halves of every transfer between environments meet within 5 minutes
-- plant: DELETE FROM pay.transfer WHERE env = 2 AND code = 'transfer_in'
SELECT t.currency, t.ref_id
FROM pay.transfer t
JOIN pay.account a ON a.env = t.env AND a.id IN (t.debit_id, t.credit_id) AND a.kind = 'inter_clearing'
GROUP BY t.currency, t.ref_id
HAVING sum(CASE WHEN t.debit_id = a.id THEN t.amount ELSE -t.amount END) <> 0
   AND max(t.created_at) < now() - interval '5 min';

-- K2 | a clearing account empties per business fact within a week
-- plant: DELETE FROM pay.transfer WHERE env = 1 AND code = 'payout_settled'
SELECT a.env, a.kind, t.ref_id
FROM pay.transfer t
JOIN pay.account a ON a.env = t.env AND a.id IN (t.debit_id, t.credit_id) AND a.kind IN ('dispute_hold', 'payout_clearing')
GROUP BY a.env, a.kind, t.ref_id
HAVING sum(CASE WHEN t.debit_id = a.id THEN t.amount ELSE -t.amount END) <> 0
   AND max(t.created_at) < now() - interval '7 days';


-- ====================================================================== Catalogue checks: the schema itself is tested

-- C1 | every table with an env column has row level security enabled AND forced
-- plant: CREATE TABLE pay.planted(env bigint NOT NULL, id bigint NOT NULL, PRIMARY KEY (env, id))
-- plant: ALTER TABLE pay.payment NO FORCE ROW LEVEL SECURITY
-- plant: ALTER TABLE vault.card DISABLE ROW LEVEL SECURITY
-- (core holds the small global tables: there env is a plain foreign key)
SELECT n.nspname, c.relname
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('pay', 'vault') AND c.relkind IN ('r', 'p')
  AND EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'env' AND NOT a.attisdropped)
  AND NOT (c.relrowsecurity AND c.relforcerowsecurity);

-- C2 | the run-time roles are not SUPERUSER, BYPASSRLS, CREATEROLE, CREATEDB or REPLICATION
-- plant: ALTER ROLE farthing_app BYPASSRLS
SELECT rolname
FROM pg_roles
WHERE rolname IN ('farthing_app', 'farthing_vault', 'farthing_auditor')
  AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication);

-- C3 | the run-time roles own nothing
-- plant: ALTER TABLE pay.outbox OWNER TO farthing_app
SELECT r.rolname, c.relname
FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
WHERE r.rolname IN ('farthing_app', 'farthing_vault', 'farthing_auditor');

-- C4 | no run-time role holds UPDATE, DELETE or TRUNCATE on append-only tables, or any write on the ledger's
-- plant: GRANT UPDATE ON pay.transfer TO farthing_app
-- plant: GRANT UPDATE (data) ON pay.event TO farthing_app
-- plant: GRANT INSERT ON pay.hold TO farthing_app
-- plant: GRANT UPDATE (reason) ON pay.verdict TO farthing_app
-- plant: GRANT INSERT ON pay.audit TO farthing_app
SELECT r.role, t.name, p.privilege
FROM (VALUES ('farthing_app'), ('farthing_vault'), ('farthing_auditor')) r(role),
     (VALUES ('pay.transfer'), ('pay.event'), ('pay.history'), ('pay.checkout_line_item'),
             ('pay.account'), ('pay.hold'), ('pay.acquirer_record'), ('pay.transition'),
             ('pay.audit'), ('pay.audit_block'), ('pay.audit_edge'), ('pay.orphan'), ('pay.verdict')) t(name),
     (VALUES ('INSERT'), ('UPDATE'), ('DELETE'), ('TRUNCATE')) p(privilege)
WHERE (has_table_privilege(r.role, t.name, p.privilege)
       OR (p.privilege IN ('INSERT', 'UPDATE') AND has_any_column_privilege(r.role, t.name, p.privilege)))
  AND NOT (p.privilege = 'INSERT' AND r.role = 'farthing_app' AND t.name IN ('pay.event', 'pay.checkout_line_item', 'pay.orphan',
                                                                             'pay.verdict'));

-- C5 | every append-only table refuses UPDATE, DELETE and TRUNCATE by ENABLE ALWAYS triggers
-- plant: ALTER TABLE pay.transfer ENABLE TRIGGER imm
-- plant: DROP TRIGGER immt ON pay.history
-- (ordinary triggers are skipped under session_replication_role = replica; 8 = DELETE, 16 = UPDATE, 32 = TRUNCATE)
SELECT t.name
FROM (VALUES ('pay.transfer'), ('pay.event'), ('pay.history'), ('pay.checkout_line_item'),
             ('pay.audit'), ('pay.audit_block'), ('pay.orphan'), ('pay.verdict')) t(name)
LEFT JOIN pg_trigger g ON g.tgrelid = to_regclass(t.name)
                      AND NOT g.tgisinternal AND g.tgenabled = 'A' AND starts_with(g.tgname, 'imm')
GROUP BY t.name
HAVING coalesce(bit_or(g.tgtype::int), 0) & 56 <> 56;

-- C6 | every money column is bigint
-- plant: ALTER TABLE pay.payment ADD COLUMN fee_amount numeric
SELECT table_schema, table_name, column_name, data_type
FROM information_schema.columns
WHERE table_schema IN ('pay', 'vault', 'core')
  AND column_name ~ '(^|_)(amount|captured|capturable|refunded|reserved|debits|credits|fee|net|after)$'
  AND data_type NOT IN ('bigint', 'boolean');

-- C7 | every unique index of a table with env starts with env
-- plant: CREATE UNIQUE INDEX planted ON pay.payment(id)
SELECT i.indexrelid::regclass::text
FROM pg_index i
JOIN pg_class c ON c.oid = i.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attname = 'env' AND NOT a.attisdropped
WHERE n.nspname IN ('pay', 'vault') AND i.indisunique AND i.indkey[0] <> a.attnum;

-- C8 | no unsafe server setting (ssl may be off only on a private unix socket)
-- plant: SET LOCAL synchronous_commit = off
SELECT name, setting
FROM pg_settings
WHERE (name, setting) IN (('fsync', 'off'), ('full_page_writes', 'off'), ('synchronous_commit', 'off'),
                          ('data_checksums', 'off'), ('row_security', 'off'))
   OR ((name, setting) = ('ssl', 'off') AND current_setting('listen_addresses') <> '');

-- C9 | tables a run-time role can read that lack an env column are on a short allow list
-- plant: CREATE TABLE pay.planted(id bigint PRIMARY KEY); GRANT SELECT ON pay.planted TO farthing_app
SELECT n.nspname, c.relname
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN (VALUES ('farthing_app'), ('farthing_vault'), ('farthing_auditor')) r(role)
WHERE n.nspname IN ('pay', 'vault', 'core') AND c.relkind IN ('r', 'p', 'v', 'm')
  AND has_table_privilege(r.role, c.oid, 'SELECT')
  AND NOT EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'env' AND NOT a.attisdropped)
  AND (n.nspname, c.relname) NOT IN (('pay', 'transition'), ('core', 'account'), ('core', 'environment'),
                                     ('core', 'member'), ('core', 'login'), ('core', 'alembic_version'),
                                     ('core', 'definition'));

-- C10 | every SECURITY DEFINER function pins its search_path
-- plant: CREATE FUNCTION pay.planted() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'
SELECT n.nspname, p.proname
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname IN ('pay', 'vault', 'core') AND p.prosecdef
  AND NOT coalesce(strpos(array_to_string(p.proconfig, ','), 'search_path=') > 0, false);

-- C11 | only the auditor's and the sweeper's reading, and the audit triggers' writing, escape the tenant's policy
-- plant: CREATE POLICY trail ON pay.audit_block FOR INSERT TO farthing_app WITH CHECK (true)
-- plant: CREATE POLICY planted ON pay.payment USING (true)
-- plant: CREATE POLICY planted ON pay.payment FOR UPDATE TO farthing_auditor USING (true)
-- plant: CREATE POLICY sweeper ON pay.payment FOR SELECT TO farthing_app USING (current_setting('app.sweep', true) = 'on')
-- plant: CREATE POLICY sweeper ON pay.payment FOR SELECT TO farthing_owner USING (true)
SELECT n.nspname, c.relname, p.polname
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('pay', 'vault')
  AND NOT (p.polname = 'tenant' AND p.polcmd = '*'
           AND pg_get_expr(p.polqual, p.polrelid) = '(env = (current_setting(''app.env''::text))::bigint)'
           AND pg_get_expr(p.polwithcheck, p.polrelid) = '(env = (current_setting(''app.env''::text))::bigint)')
  AND NOT (n.nspname = 'pay' AND p.polname = 'auditor' AND p.polcmd = 'r'
           AND p.polroles = ARRAY[(SELECT oid FROM pg_roles WHERE rolname = 'farthing_auditor')])
  AND NOT (n.nspname = 'pay' AND p.polname = 'sweeper' AND p.polcmd = 'r' AND p.polroles = ARRAY[c.relowner]
           AND pg_get_expr(p.polqual, p.polrelid) = '(current_setting(''app.sweep''::text, true) = ''on''::text)')
  AND NOT (c.oid = 'pay.audit'::regclass AND p.polname = 'trail' AND p.polcmd = 'a' AND p.polroles = ARRAY[c.relowner]);

-- C12 | every table of the audit trail has its four triggers, and no session can turn them off for itself
-- plant: DROP TRIGGER audit_moved ON pay.payment
-- plant: ALTER TABLE pay.attempt ENABLE TRIGGER audit_born
-- plant: ALTER TABLE core.api_key DISABLE TRIGGER audit_gone
SELECT t.name
FROM (VALUES ('pay.payment'), ('pay.attempt'), ('pay.charge'), ('pay.hold'), ('pay.account'), ('pay.endpoint'),
             ('pay.refund'), ('pay.customer_balance_transaction'), ('core.api_key'), ('core.environment'),
             ('core.account'), ('core.member'), ('pay.verdict')) t(name)
LEFT JOIN pg_trigger g ON g.tgrelid = to_regclass(t.name) AND g.tgenabled = 'A' AND starts_with(g.tgname, 'audit_')
WHERE to_regclass(t.name) IS NOT NULL
GROUP BY t.name
HAVING coalesce(bit_or(g.tgtype::int), 0) & 60 <> 60;

-- C13 | every table whose rows are sealed in the trail has its trigger, and no session can turn it off for itself
-- plant: DROP TRIGGER sealed ON vault.card
-- plant: ALTER TABLE core.api_key ENABLE TRIGGER sealed
-- plant: ALTER TABLE core.member DISABLE TRIGGER sealed
SELECT t.name
FROM (VALUES ('core.api_key'), ('core.member'), ('pay.endpoint'), ('vault.key'), ('vault.card'),
             ('vault.bank_account')) t(name)
WHERE NOT EXISTS (SELECT FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
                   WHERE n.nspname || '.' || c.relname = t.name AND g.tgname = 'sealed' AND g.tgenabled = 'A');
