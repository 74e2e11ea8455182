-- What waits has its timer. One that is due now makes its handler look: it knows how long the window is.
INSERT INTO pay.due (env, kind, object_id, at)
SELECT env, 'session', id, expires_at FROM pay.checkout_session WHERE status = 'open'
 UNION ALL
SELECT DISTINCT env, 'capture_window', ref_id, now() FROM pay.hold WHERE status = 'pending' AND code = 'auth'
 UNION ALL
SELECT DISTINCT env, 'funds', '', now() FROM pay.account WHERE kind = 'merchant_pending' AND credits > debits
    ON CONFLICT DO NOTHING;
