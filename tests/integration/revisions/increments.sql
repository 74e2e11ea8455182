-- A payment whose authorisation was raised.
SELECT set_config('app.env', '1', true), pay.ledger_apply(1, '[
  {"op": "hold", "debit": "acquirer_clearing", "credit": "merchant_pending", "currency": "usd", "amount": 700, "code": "auth", "ref": "pi_110"},
  {"op": "hold", "debit": "acquirer_clearing", "credit": "merchant_pending", "currency": "usd", "amount": 300, "code": "auth", "ref": "pi_110", "more": true}]');
INSERT INTO pay.payment(env, id, amount, currency, status, captured, amount_capturable, client_secret, created_at, step)
  VALUES (1, 'pi_110', 1000, 'usd', 'requires_capture', 0, 1000, 's', now(), 2);
INSERT INTO pay.attempt(env, payment_id, kind, number, status, step, network_key, connector, acquirer_ref, amount, currency)
  VALUES (1, 'pi_110', 'authorize', 1, 'approved', 2, 'k20', 'birch', 'A20', 700, 'usd'),
         (1, 'pi_110', 'increment', 2, 'approved', 2, 'k21', 'birch', 'I21', 300, 'usd');
INSERT INTO pay.charge(env, id, payment_id, amount, currency, amount_captured, captured, status, step, created_at)
  VALUES (1, 'ch_110', 'pi_110', 1000, 'usd', 0, false, 'succeeded', 1, now());
INSERT INTO pay.history(env, entity, id, seq, from_s, to_s, actor, request_id)
SELECT 1, 'payment', 'pi_110', n, s[n], s[n + 1], '', '' FROM generate_series(1, 2) n,
       (SELECT ARRAY['none', 'processing', 'requires_capture'] AS s) x
UNION ALL SELECT 1, 'charge', 'ch_110', 1, 'none', 'succeeded', '', ''
UNION ALL SELECT 1, 'attempt', id::text, n, (ARRAY['none', 'sent'])[n], (ARRAY['sent', 'approved'])[n], '', ''
  FROM pay.attempt, generate_series(1, 2) n WHERE env = 1 AND payment_id = 'pi_110';
INSERT INTO pay.acquirer_record VALUES
  (1, 'birch', 'k20', 'A20', 'authorize', 700, 'usd', 'approved'), (1, 'birch', 'k21', 'I21', 'increment', 300, 'usd', 'approved');
UPDATE pay.charge c SET billing_details = o.billing_details, payment_method_details = o.payment_method_details
  FROM pay.charge o WHERE (c.env, c.id, o.env, o.id) = (1, 'ch_110', 1, 'ch_100');
