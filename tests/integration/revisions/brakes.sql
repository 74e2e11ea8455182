INSERT INTO pay.brake(env, kind, key, declined, ends_at) VALUES (1, 'payment', 'pi_100', 2, now() + interval '1 hour');
