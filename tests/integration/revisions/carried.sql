-- A payment whose cancellation had to be sent again, and the refund that shows what was released; a spent method.
SELECT set_config('app.env', '1', true), pay.ledger_apply(1, '[
  {"op": "hold", "debit": "acquirer_clearing", "credit": "merchant_pending", "currency": "usd", "amount": 900, "code": "auth", "ref": "pi_120"}]');
SELECT pay.ledger_apply(1, '[
  {"op": "close", "debit": "acquirer_clearing", "credit": "merchant_pending", "currency": "usd", "code": "auth", "ref": "pi_120", "status": "voided"}]');
INSERT INTO pay.payment(env, id, amount, currency, status, captured, amount_capturable, client_secret, created_at, step)
  VALUES (1, 'pi_120', 900, 'usd', 'canceled', 0, 0, 's', now(), 3);
INSERT INTO pay.attempt(env, payment_id, kind, number, status, step, network_key, connector, acquirer_ref, amount, currency, answers, sent_again)
  VALUES (1, 'pi_120', 'authorize', 1, 'reversed', 3, 'k30', 'birch', 'A30', 900, 'usd', NULL, NULL),
         (1, 'pi_120', 'void', 2, 'approved', 2, 'k31', 'birch', 'V31', 900, 'usd', 'refund', 1);
INSERT INTO pay.charge(env, id, payment_id, amount, currency, amount_captured, captured, amount_refunded, refunded, status, step, created_at)
  VALUES (1, 'ch_120', 'pi_120', 900, 'usd', 0, false, 900, true, 'succeeded', 1, now());
INSERT INTO pay.refund(env, id, payment_id, charge_id, amount, currency, status, reason, released, created_at, step)
  VALUES (1, 're_220', 'pi_120', 'ch_120', 900, 'usd', 'succeeded', 'expired_uncaptured_charge', true, now(), 1);
INSERT INTO pay.history(env, entity, id, seq, from_s, to_s, actor, request_id)
SELECT 1, entity, id, n, s[n], s[n + 1], '', '' FROM (
  SELECT 'payment', 'pi_120', '{none,processing,requires_capture,canceled}'::text[]
  UNION ALL SELECT 'charge', 'ch_120', '{none,succeeded}'
  UNION ALL SELECT 'refund', 're_220', '{none,succeeded}'
  UNION ALL SELECT 'attempt', id::text, CASE kind WHEN 'void' THEN '{none,sent,approved}'::text[]
                                                   ELSE '{none,sent,approved,reversed}' END
    FROM pay.attempt WHERE env = 1 AND payment_id = 'pi_120') v(entity, id, s), generate_series(1, cardinality(s) - 1) n;
INSERT INTO pay.acquirer_record VALUES
  (1, 'birch', 'k30', 'A30', 'authorize', 900, 'usd', 'reversed'), (1, 'birch', 'k31', 'V31', 'void', 900, 'usd', 'approved');
INSERT INTO pay.event(env, id, type, object_id, object_seq, api_version, data, created_at) VALUES
  (1, 'evt_20', 'payment_intent.canceled', 'pi_120', 1, 'v', '{}', now());
INSERT INTO pay.outbox(env, event_id, dispatched_at) VALUES (1, 'evt_20', now());
INSERT INTO pay.delivery(env, event_id, endpoint_id, status, body, attempts, max_attempts, next_at, last_status, created_at)
  VALUES (1, 'evt_20', 'we_1', 'failed', '{}', 1, 10, NULL, 410, now());
UPDATE pay.charge c SET billing_details = o.billing_details, payment_method_details = o.payment_method_details
  FROM pay.charge o WHERE (c.env, c.id, o.env, o.id) = (1, 'ch_120', 1, 'ch_100');
UPDATE pay.payment_method SET used_at = now() WHERE env = 2 AND id = 'pm_2';
