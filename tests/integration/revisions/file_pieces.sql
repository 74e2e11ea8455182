INSERT INTO pay.file(env, id, doc, created_at) VALUES
  (1, 'file_2', '{"purpose": "dispute_evidence", "size": 5, "type": "pdf", "filename": "b.pdf"}', now());
INSERT INTO pay.file_piece(env, file_id, no, content) VALUES (1, 'file_2', 0, 'abc'), (1, 'file_2', 1, 'de');
