CREATE OR REPLACE FUNCTION core.resource_table(p_name text) RETURNS void
LANGUAGE plpgsql SET search_path = core, pg_temp AS $$ BEGIN
  EXECUTE format('CREATE TABLE pay.%I (
      env bigint NOT NULL, id text NOT NULL COLLATE "C" CHECK (length(id) BETWEEN 1 AND 255),
      doc jsonb NOT NULL, created_at timestamptz NOT NULL, deleted_at timestamptz, PRIMARY KEY (env, id))', p_name);
  EXECUTE format('CREATE INDEX %I ON pay.%I (env, created_at, id) WHERE deleted_at IS NULL', p_name || '_page', p_name);
  PERFORM core.protect(format('pay.%I', p_name)::regclass);
  EXECUTE format('GRANT INSERT, UPDATE (doc, deleted_at) ON pay.%I TO farthing_app', p_name);
END $$;
REVOKE ALL ON FUNCTION core.resource_table(text) FROM PUBLIC;
