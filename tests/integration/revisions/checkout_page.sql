INSERT INTO pay.checkout_session(env, id, status, mode, currency, setup_intent_id, success_url, created_at, expires_at)
  VALUES (1, 'cs_4', 'open', 'setup', 'usd', 'seti_1', 'https://a.example', now(), now() + interval '1 day');
INSERT INTO pay.history(env, entity, id, seq, from_s, to_s, actor, request_id)
  VALUES (1, 'checkout_session', 'cs_4', 1, 'none', 'open', '', '');
