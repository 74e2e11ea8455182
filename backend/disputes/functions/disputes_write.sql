-- What comes after a captured charge of a test card: lists `disputes` and `warnings` of d, each optional.
CREATE OR REPLACE FUNCTION pay.disputes_write(p_env bigint, d jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$ BEGIN
  INSERT INTO dispute (env, id, doc, created_at)
  SELECT r.env, r.id, r.doc, r.created_at FROM jsonb_populate_recordset(NULL::dispute, d->'disputes') r;
  INSERT INTO early_fraud_warning (env, id, doc, created_at)
  SELECT r.env, r.id, r.doc, r.created_at FROM jsonb_populate_recordset(NULL::early_fraud_warning, d->'warnings') r;
END $$;
REVOKE ALL ON FUNCTION pay.disputes_write(bigint,jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.disputes_write(bigint,jsonb) TO farthing_app;
