INSERT INTO pay.mail(env, id, kind, object_id, reason, address, next_at, created_at)
  VALUES (1, 'mail_1', 'receipt', 'ch_100', 'receipt:ch_100', 'a@example.com', now(), now());
