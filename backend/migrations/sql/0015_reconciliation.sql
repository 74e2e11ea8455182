-- Reconciliation: what the acquirers say, beside what we say; and who may look at all of it.

ALTER TABLE pay.attempt
  -- From this moment a cancel of ours may be on its way: an approval found later may still be undone by it.
  ADD COLUMN cancel_sent_at timestamptz,
  -- The caller held a publishable key: the answer kept for its repetitions is as narrow as the first one was.
  ADD COLUMN published boolean;

-- The auditor sees all environments: the checks that look across them on purpose (P7, K1, records under env 0) would
-- otherwise need a superuser. Its transactions are read-only and it holds no other right; for every other role the
-- tenant policy stays the only one. (Policies are joined by OR.)
DO $$ DECLARE t regclass; BEGIN
  FOR t IN SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'pay' AND c.relkind IN ('r', 'p') AND c.relrowsecurity LOOP
    EXECUTE format('CREATE POLICY auditor ON %s FOR SELECT TO farthing_auditor USING (true)', t);
  END LOOP; END $$;

-- What later files protect gets that policy at once.
CREATE OR REPLACE FUNCTION core.protect(p_table regclass, p_append_only boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql SET search_path = core, pg_temp AS $$ BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', p_table);
  EXECUTE format('CREATE POLICY tenant ON %s USING (env = current_setting(''app.env'')::bigint)
                  WITH CHECK (env = current_setting(''app.env'')::bigint)', p_table);
  EXECUTE format('CREATE POLICY auditor ON %s FOR SELECT TO farthing_auditor USING (true)', p_table);
  EXECUTE format('GRANT SELECT ON %s TO farthing_app, farthing_auditor', p_table);
  IF p_append_only THEN
    EXECUTE format('CREATE TRIGGER imm BEFORE UPDATE OR DELETE ON %s FOR EACH ROW
                    EXECUTE FUNCTION core.t_immutable()', p_table);
    EXECUTE format('CREATE TRIGGER immt BEFORE TRUNCATE ON %s FOR EACH STATEMENT
                    EXECUTE FUNCTION core.t_immutable()', p_table);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER imm, ENABLE ALWAYS TRIGGER immt', p_table);
  END IF; END $$;

-- One row per network key, from the acquirer's own record: the sandbox's journal, a settlement file. Rows that match
-- no attempt of ours stand under env 0, so that the books check shows them (money rule 3).
CREATE TABLE pay.acquirer_record (
  env bigint NOT NULL, connector text NOT NULL, network_key text NOT NULL COLLATE "C",
  acquirer_ref text,
  kind text NOT NULL CHECK (kind IN ('authorize', 'sale', 'increment', 'capture', 'refund', 'void', 'chargeback',
                                     'chargeback_reversal', 'refund_return', 'settlement')),
  amount bigint NOT NULL, currency char(3) NOT NULL CHECK (currency = lower(currency)),
  status text NOT NULL CHECK (status IN ('approved', 'declined', 'reversed', 'tombstone')),
  imported_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (env, connector, network_key)
);
SELECT core.protect('pay.acquirer_record');
-- It is filled by the owner, bound by row security like everybody; the app only reads: it cannot make evidence up.

-- True when the digits pass the Luhn test of card numbers; for the books check S1, which looks where none may be.
CREATE FUNCTION pay.luhn(p_digits text) RETURNS boolean LANGUAGE sql IMMUTABLE SET search_path = pay, pg_temp AS $$
  SELECT sum(CASE WHEN i % 2 = 1 THEN d WHEN d > 4 THEN 2 * d - 9 ELSE 2 * d END) % 10 = 0
    FROM (SELECT i, substr(reverse(p_digits), i, 1)::int AS d FROM generate_series(1, length(p_digits)) i) x $$;
REVOKE ALL ON FUNCTION pay.luhn(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.luhn(text) TO farthing_auditor;
