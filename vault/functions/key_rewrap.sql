-- The same data key under another KEK (rotation of the KEK itself).
CREATE OR REPLACE FUNCTION vault.key_rewrap(p_id text, p_from text, p_wrapped bytea, p_kek text) RETURNS boolean
LANGUAGE plpgsql AS $$ BEGIN
  UPDATE vault.key SET wrapped = p_wrapped, kek = p_kek
   WHERE env = current_setting('app.env')::bigint AND id = p_id AND kek = p_from AND state <> 'destroyed';
  RETURN FOUND; END $$;
REVOKE ALL ON FUNCTION vault.key_rewrap(text,text,bytea,text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vault.key_rewrap(text,text,bytea,text) TO farthing_vault;
