-- Whoever seals with a key and whoever destroys it take this lock, so that no card is left without its key.
CREATE OR REPLACE FUNCTION vault.key_lock(p_id text, p_shared boolean) RETURNS void
LANGUAGE plpgsql SET search_path = vault, pg_temp AS $$ BEGIN
  IF p_shared THEN PERFORM pg_advisory_xact_lock_shared(hashtextextended(p_id, 20));
  ELSE PERFORM pg_advisory_xact_lock(hashtextextended(p_id, 20)); END IF; END $$;
REVOKE ALL ON FUNCTION vault.key_lock(text,boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vault.key_lock(text,boolean) TO farthing_vault;
