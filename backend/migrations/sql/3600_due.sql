-- Timers of objects (backend/due): what is due at a moment.
CREATE TABLE pay.due (
  env bigint NOT NULL,                  -- 0 for the chores of the installation
  kind text NOT NULL, object_id text NOT NULL COLLATE "C",
  at timestamptz NOT NULL,
  leased_until timestamptz, lease int NOT NULL DEFAULT 0,
  PRIMARY KEY (env, kind, object_id)
);
CREATE INDEX due_at ON pay.due (at, env, kind);
SELECT core.protect('pay.due');
GRANT INSERT, UPDATE, DELETE ON pay.due TO farthing_app;

CREATE INDEX refund_next ON pay.refund (next_check_at) WHERE next_check_at IS NOT NULL;

-- What the sweeper's functions read across environments. They alone set app.sweep, for as long as they run, and only the
-- owner's functions are let through by it.
DO $$ DECLARE t text; BEGIN
  FOREACH t IN ARRAY ARRAY['due', 'outbox', 'attempt', 'refund', 'endpoint', 'delivery', 'checkout_session', 'hold',
                           'account', 'idempotency', 'brake'] LOOP
    EXECUTE format('CREATE POLICY sweeper ON pay.%I FOR SELECT TO CURRENT_USER
                    USING (current_setting(''app.sweep'', true) = ''on'')', t);
  END LOOP; END $$;
