INSERT INTO pay.due(env, kind, object_id, at) VALUES (0, 'chore', 'keys', now());
