-- Uploaded files and the links that show them to anybody; what an account says of itself.

SELECT core.resource_table(t) FROM unnest(ARRAY['file', 'file_link', 'account_profile']) t;

-- The bytes lie apart, so that lists do not carry them; written once.
CREATE TABLE pay.file_content (
  env bigint NOT NULL, file_id text NOT NULL COLLATE "C", content bytea NOT NULL,
  PRIMARY KEY (env, file_id), FOREIGN KEY (env, file_id) REFERENCES pay.file (env, id)
);
ALTER TABLE pay.file_content ALTER content SET STORAGE EXTERNAL;  -- images and PDFs are compressed already
SELECT core.protect('pay.file_content');
GRANT INSERT ON pay.file_content TO farthing_app;

SELECT set_config('app.env', '0', true);  -- a new foreign key looks at the rows that are there, through the policy
ALTER TABLE pay.file_link
  ADD COLUMN file_id text COLLATE "C" GENERATED ALWAYS AS (doc->>'file') STORED,
  ADD COLUMN expires_at bigint GENERATED ALWAYS AS ((doc->>'expires_at')::bigint) STORED,
  ADD FOREIGN KEY (env, file_id) REFERENCES pay.file (env, id);
CREATE INDEX file_link_file ON pay.file_link (env, file_id, created_at DESC, id DESC);
