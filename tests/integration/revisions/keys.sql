INSERT INTO core.api_key(id, env, kind, name, hash, prefix, last4, permissions) VALUES
  ('mk_3', 1, 'restricted', 'Books', sha256('rk_test_upgraded'), 'rk_test_', 'aded', '{"payment_intents": "read"}');
INSERT INTO pay.request VALUES (1, now(), 'req_1', 'POST', '/v1/customers', 200, 1, NULL, 'mk_1', 'v', NULL, '127.0.0.1',
  'shop/1.2', '[]', '', '{cus_1}');
INSERT INTO pay.request_object VALUES (1, 'cus_1', now(), 'req_1');
