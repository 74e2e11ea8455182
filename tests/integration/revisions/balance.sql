INSERT INTO pay.funds(env, seen) VALUES (1, '00000000-0000-7000-8000-000000000000');
INSERT INTO pay.file(env, id, doc, created_at) VALUES
  (1, 'file_1', '{"purpose": "dispute_evidence", "size": 3, "type": "pdf", "filename": "a.pdf"}', now());
INSERT INTO pay.file_content(env, file_id, content) VALUES (1, 'file_1', 'abc');
INSERT INTO pay.file_link(env, id, doc, created_at) VALUES (1, 'link_1', '{"file": "file_1", "metadata": {}}', now());
INSERT INTO pay.account_profile(env, id, doc, created_at) VALUES (1, 'acct_1', '{"business_profile": {}}', now());
