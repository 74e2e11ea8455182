INSERT INTO pay.audit_edge(env, server, number, sealed, floor) VALUES (1, 0, 1, 1, '1');
