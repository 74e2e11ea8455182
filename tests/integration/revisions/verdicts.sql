SELECT set_config('app.env', '1', true);
INSERT INTO pay.verdict(env, attempt_id, said, reason)
SELECT env, id, 'not_done', 'a letter' FROM pay.attempt WHERE env = 1 AND network_key = 'k5';
