-- In each environment: the files of before, cut into pieces.
INSERT INTO pay.file_piece (env, file_id, no, content)
SELECT c.env, c.file_id, n, substring(c.content FROM n * 131072 + 1 FOR 131072)
  FROM pay.file_content c, generate_series(0, (octet_length(c.content) - 1) / 131072) n
 WHERE octet_length(c.content) > 0;
