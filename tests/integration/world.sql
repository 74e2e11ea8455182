-- A small world that breaks no rule: two environments, payments in several states, their money and their messages.
-- Loaded by the superuser with triggers off (session_replication_role = replica), every CHECK and unique index on.

INSERT INTO core.account(id, name) VALUES ('acct_1', 'Wren & Sons'), ('acct_2', 'Robin Ltd');
INSERT INTO core.environment(account_id, mode) VALUES ('acct_1', 'test'), ('acct_2', 'test');

SELECT set_config('app.env', '1', true);
SELECT pay.ledger_apply(1, '[
  {"op": "hold", "debit": "acquirer_clearing", "credit": "merchant_pending", "currency": "usd", "amount": 10000, "code": "auth", "ref": "pi_100"},
  {"op": "hold", "debit": "acquirer_clearing", "credit": "merchant_pending", "currency": "usd", "amount": 700, "code": "auth", "ref": "pi_103"},
  {"op": "hold", "debit": "acquirer_clearing", "credit": "merchant_pending", "currency": "usd", "amount": 300, "code": "auth", "ref": "pi_103", "more": true}]');
SELECT pay.ledger_apply(1, '[
  {"op": "close", "debit": "acquirer_clearing", "credit": "merchant_pending", "currency": "usd", "code": "auth", "ref": "pi_100", "status": "posted", "posted": 10000},
  {"op": "post", "group": "00000000-0000-4000-8000-000000000001", "debit": "acquirer_clearing", "credit": "merchant_pending", "currency": "usd", "amount": 10000, "code": "capture", "ref": "pi_100"},
  {"op": "post", "group": "00000000-0000-4000-8000-000000000001", "debit": "merchant_pending", "credit": "fee_revenue", "currency": "usd", "amount": 320, "code": "fee", "ref": "pi_100"},
  {"op": "post", "group": "00000000-0000-4000-8000-000000000002", "debit": "merchant_pending", "credit": "merchant_available", "currency": "usd", "amount": 9680, "code": "available", "ref": "pi_100"},
  {"op": "post", "group": "00000000-0000-4000-8000-000000000003", "debit": "acquirer_clearing", "credit": "merchant_pending", "currency": "usd", "amount": 2000, "code": "capture", "ref": "pi_102"},
  {"op": "post", "group": "00000000-0000-4000-8000-000000000003", "debit": "merchant_pending", "credit": "fee_revenue", "currency": "usd", "amount": 88, "code": "fee", "ref": "pi_102"},
  {"op": "post", "group": "00000000-0000-4000-8000-000000000004", "debit": "bank_cash", "credit": "acquirer_clearing", "currency": "usd", "amount": 6900, "code": "settled", "ref": "S1"},
  {"op": "post", "group": "00000000-0000-4000-8000-000000000005", "debit": "merchant_available", "credit": "payout_clearing", "currency": "usd", "amount": 6680, "code": "payout", "ref": "po_300"},
  {"op": "post", "group": "00000000-0000-4000-8000-000000000006", "debit": "payout_clearing", "credit": "bank_cash", "currency": "usd", "amount": 6680, "code": "payout_settled", "ref": "po_300"},
  {"op": "post", "group": "00000000-0000-4000-8000-000000000007", "debit": "merchant_available", "credit": "inter_clearing", "currency": "usd", "amount": 100, "code": "transfer_out", "ref": "tr_400"},
  {"op": "post", "group": "00000000-0000-4000-8000-000000000008", "debit": "losses", "credit": "fee_revenue", "currency": "usd", "amount": 7, "code": "write_off", "ref": "x_1"}]');
SELECT pay.ledger_apply(1, jsonb_build_array(jsonb_build_object('op', 'post', 'group', gen_random_uuid(),
  'debit', 'fee_revenue', 'credit', 'losses', 'currency', 'usd', 'amount', 7, 'code', 'correction', 'ref', 'x_2',
  'reverses', (SELECT id FROM pay.transfer WHERE env = 1 AND code = 'write_off'))));
SELECT set_config('app.env', '2', true);
SELECT pay.ledger_apply(2, '[
  {"op": "post", "group": "00000000-0000-4000-8000-000000000009", "debit": "inter_clearing", "credit": "merchant_available", "currency": "usd", "amount": 100, "code": "transfer_in", "ref": "tr_400"}]');

INSERT INTO pay.payment(env, id, amount, currency, status, captured, amount_capturable, client_secret, created_at, step) VALUES
  (1, 'pi_100', 10000, 'usd', 'succeeded', 10000, 0, 's', now(), 3), (1, 'pi_101', 500, 'usd', 'canceled', 0, 0, 's', now(), 4),
  (1, 'pi_102', 2000, 'usd', 'succeeded', 2000, 0, 's', now(), 5), (1, 'pi_103', 1000, 'usd', 'requires_capture', 0, 1000, 's', now(), 2),
  (2, 'pi_200', 900, 'usd', 'requires_payment_method', 0, 0, 's', now(), 2);
INSERT INTO pay.attempt(env, payment_id, kind, number, status, step, network_key, connector, acquirer_ref, amount, currency) VALUES
  (1, 'pi_100', 'authorize', 1, 'approved', 2, 'k1', 'alder', 'A1', 10000, 'usd'), (1, 'pi_100', 'capture', 2, 'approved', 2, 'k2', 'alder', 'C1', 10000, 'usd'),
  (1, 'pi_101', 'authorize', 1, 'declined', 2, 'k4', 'alder', NULL, 500, 'usd'),
  (1, 'pi_102', 'sale', 1, 'failed', 3, 'k5', 'alder', NULL, 2000, 'usd'), (1, 'pi_102', 'sale', 2, 'approved', 2, 'k6', 'alder', 'A6', 2000, 'usd'),
  (1, 'pi_103', 'authorize', 1, 'approved', 2, 'k7', 'birch', 'A1', 700, 'usd'), (1, 'pi_103', 'increment', 2, 'approved', 2, 'k11', 'birch', 'I1', 300, 'usd'), (2, 'pi_200', 'sale', 1, 'declined', 2, 'k8', 'alder', NULL, 900, 'usd');
INSERT INTO pay.charge(env, id, payment_id, amount, currency, amount_captured, captured, status, step, created_at) VALUES
  (1, 'ch_100', 'pi_100', 10000, 'usd', 10000, true, 'succeeded', 1, now()), (1, 'ch_101', 'pi_101', 500, 'usd', 0, false, 'failed', 1, now()),
  (1, 'ch_102', 'pi_102', 2000, 'usd', 2000, true, 'succeeded', 1, now()), (1, 'ch_103', 'pi_103', 1000, 'usd', 0, false, 'succeeded', 1, now()),
  (2, 'ch_200', 'pi_200', 900, 'usd', 0, false, 'failed', 1, now());
INSERT INTO pay.refund(env, id, payment_id, charge_id, amount, currency, status, pending_reason, created_at, step) VALUES
  (1, 're_200', 'pi_100', 'ch_100', 1000, 'usd', 'succeeded', NULL, now(), 2), (1, 're_201', 'pi_102', 'ch_102', 500, 'usd', 'pending', 'processing', now(), 1);
INSERT INTO pay.attempt(env, payment_id, refund_id, kind, number, status, step, network_key, connector, acquirer_ref, amount, currency, next_check_at) VALUES
  (1, 'pi_100', 're_200', 'refund', 1, 'approved', 2, 'k9', 'alder', 'R1', 1000, 'usd', NULL), (1, 'pi_102', 're_201', 'refund', 1, 'sent', 1, 'k10', 'alder', NULL, 500, 'usd', now() + interval '30 s');
UPDATE pay.payment SET refund_reserved = CASE id WHEN 'pi_100' THEN 1000 ELSE 500 END WHERE env = 1 AND id IN ('pi_100', 'pi_102');
UPDATE pay.charge SET amount_refunded = 1000 WHERE env = 1 AND id = 'ch_100';
SELECT set_config('app.env', '1', true);
SELECT pay.ledger_apply(1, '[
  {"op": "draw_hold", "of": "pi_100", "credit": "acquirer_clearing", "currency": "usd", "amount": 1000, "code": "refund", "ref": "re_200"},
  {"op": "draw_hold", "of": "pi_102", "credit": "acquirer_clearing", "currency": "usd", "amount": 500, "code": "refund", "ref": "re_201"}]');
SELECT pay.ledger_apply(1, '[
  {"op": "close_drawn", "group": "00000000-0000-4000-8000-00000000000a", "credit": "acquirer_clearing", "currency": "usd", "code": "refund", "ref": "re_200", "status": "posted"}]');
INSERT INTO pay.history(env, entity, id, seq, from_s, to_s, actor, request_id)
SELECT env, 'payment', id, n, s[n], s[n + 1], '', '' FROM (VALUES
  (1, 'pi_100', '{none,processing,requires_capture,processing,succeeded}'), (1, 'pi_101', '{none,processing,requires_payment_method,requires_confirmation,canceled}'),
  (1, 'pi_102', '{none,processing,requires_payment_method,processing,succeeded}'), (1, 'pi_103', '{none,processing,requires_capture}'),
  (2, 'pi_200', '{none,processing,requires_payment_method}')) v(env, id, steps), LATERAL (SELECT steps::text[] AS s) x,
  generate_series(1, cardinality(s) - 1) n
UNION ALL SELECT env, 'attempt', id::text, 1, 'none', 'sent', '', '' FROM pay.attempt
UNION ALL SELECT env, 'attempt', id::text, 2, 'sent', CASE WHEN step = 3 THEN 'unknown' ELSE status END, '', '' FROM pay.attempt WHERE status <> 'sent'
UNION ALL SELECT env, 'refund', id, 1, 'none', 'pending', '', '' FROM pay.refund
UNION ALL SELECT env, 'refund', id, 2, 'pending', status, '', '' FROM pay.refund WHERE status <> 'pending'
UNION ALL SELECT env, 'attempt', id::text, 3, 'unknown', status, '', '' FROM pay.attempt WHERE step = 3
UNION ALL SELECT env, 'charge', id, 1, 'none', status, '', '' FROM pay.charge;

INSERT INTO pay.acquirer_record VALUES
  (1, 'alder', 'k1', 'A1', 'authorize', 10000, 'usd', 'approved'), (1, 'alder', 'k2', 'C1', 'capture', 10000, 'usd', 'approved'),
  (1, 'alder', 'k4', NULL, 'authorize', 500, 'usd', 'declined'), (1, 'alder', 'k5', NULL, 'sale', 2000, 'usd', 'tombstone'),
  (1, 'alder', 'k6', 'A6', 'sale', 2000, 'usd', 'approved'), (1, 'birch', 'k7', 'A1', 'authorize', 700, 'usd', 'approved'), (1, 'birch', 'k11', 'I1', 'increment', 300, 'usd', 'approved'),
  (1, 'alder', 'S1', 'S1', 'settlement', 6900, 'usd', 'approved'), (2, 'alder', 'k8', NULL, 'sale', 900, 'usd', 'declined'),
  (1, 'alder', 'k9', 'R1', 'refund', 1000, 'usd', 'approved');

INSERT INTO pay.endpoint(env, id, url, enabled_since, enabled_events, attempts_max, secrets, created_at)
  VALUES (1, 'we_1', 'https://example.com/hook', now() - interval '1 day', '{*}', 10, '[]', now());
INSERT INTO pay.event(env, id, type, object_id, object_seq, api_version, data, created_at) VALUES
  (1, 'evt_1', 'payment_intent.succeeded', 'pi_100', 1, 'v', '{}', now()), (1, 'evt_2', 'charge.captured', 'ch_100', 1, 'v', '{}', now()),
  (1, 'evt_3', 'payment_intent.canceled', 'pi_101', 1, 'v', '{}', now()), (1, 'evt_4', 'payment_intent.succeeded', 'pi_102', 1, 'v', '{}', now());
INSERT INTO pay.outbox(env, event_id, dispatched_at) SELECT env, id, now() FROM pay.event;
INSERT INTO pay.delivery(env, event_id, endpoint_id, status, body, attempts, max_attempts, next_at, last_status, created_at) VALUES
  (1, 'evt_1', 'we_1', 'succeeded', '{}', 1, 10, NULL, 200, now()), (1, 'evt_2', 'we_1', 'pending', '{}', 1, 10, now() + interval '5 min', 500, now()),
  (1, 'evt_3', 'we_1', 'failed', '{}', 10, 10, NULL, 500, now()), (1, 'evt_4', 'we_1', 'failed', '{}', 1, 10, NULL, 410, now());
INSERT INTO pay.delivery_attempt(env, delivery_id, number, url, request_headers, body_sha256, outcome, status_code, response_body, latency_ms, sent_at)
  SELECT env, id, 1, 'https://example.com/hook', '{}', '', 'succeeded', 200, 'thanks', 5, now() FROM pay.delivery WHERE event_id = 'evt_1';
INSERT INTO pay.idempotency(env, key, request_hash, recovery_point, locked_until, response_code, response_body, resource_id) VALUES
  (1, 'a', 'h', 'finished', NULL, 200, '{}', 'pi_100'), (1, 'b', 'h2', 'started', now() + interval '1 min', NULL, NULL, NULL);
INSERT INTO vault.key(env, id, month, state, wrapped, kek, retire_by, destroyed_at) VALUES
  (1, 'vk_1', '2026-11-01', 'active', 'w', 'k', now() + interval '1 year', NULL), (1, 'vk_2', '2026-10-01', 'destroyed', NULL, 'k', now(), now());
INSERT INTO vault.card(env, token, account, created_at, key_id, sealed, last4, brand, exp_month, exp_year, country, funding, fingerprint, networks, three_ds, allow_redisplay, billing_details, metadata)
  VALUES (1, 'pm_1', 'acct_1', now(), 'vk_1', decode(repeat('00', 44), 'hex'), '4242', 'visa', 1, 2030, 'US', 'credit', 'abcdefghijklmnop', '{}', 'optional', 'unspecified', '{}', '{}');
INSERT INTO pay.due(env, kind, object_id, at) VALUES (1, 'capture_window', 'pi_103', now() + interval '7 days');
INSERT INTO pay.mail(env, id, kind, object_id, reason, address, status, attempts, next_at, sent_at, answer, created_at) VALUES
  (1, 'mail_1', 'receipt', 'ch_100', 'receipt:ch_100', 'a@example.com', 'sent', 1, NULL, now(), '250 kept', now() - interval '1 s'),
  (1, 'mail_2', 'refund_receipt', 're_200', 'refund:re_200', 'a@example.com', 'waiting', 0, now(), NULL, NULL, now());
