-- Uploaded files in pieces of 128 KiB, so that no process ever has a whole one in memory; written once.

CREATE TABLE pay.file_piece (
  env bigint NOT NULL, file_id text NOT NULL COLLATE "C", no integer NOT NULL CHECK (no >= 0),
  content bytea NOT NULL CHECK (octet_length(content) > 0),
  PRIMARY KEY (env, file_id, no), FOREIGN KEY (env, file_id) REFERENCES pay.file (env, id)
);
ALTER TABLE pay.file_piece ALTER content SET STORAGE EXTERNAL;  -- images and PDFs are compressed already
SELECT core.protect('pay.file_piece');
GRANT INSERT ON pay.file_piece TO farthing_app;
