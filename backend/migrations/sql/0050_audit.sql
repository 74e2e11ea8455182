-- The audit trail: who changed what, written by triggers in the same commit, sealed in blocks soon after (security
-- rules 13, 14). What the sealer wrote last is also kept outside the database; see backend/audit.

CREATE TABLE pay.audit (
  env bigint NOT NULL,                  -- 0 for what belongs to the whole installation
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  actor text NOT NULL, request_id text NOT NULL,
  login text NOT NULL DEFAULT session_user,                            -- the database's own word on who was there
  tbl text NOT NULL, op text NOT NULL CHECK (op IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')),
  row_id text NOT NULL COLLATE "C",
  body jsonb NOT NULL,                  -- INSERT, DELETE {column: value}; UPDATE {column: [before, after]}
  PRIMARY KEY (env, xid, id)
);

-- One block seals everything that the transactions [xid_from, xid_to) wrote: rows of `audit` and of `transfer`.
CREATE TABLE pay.audit_block (
  env bigint NOT NULL, number int NOT NULL,
  xid_from xid8 NOT NULL, xid_to xid8 NOT NULL CHECK (xid_to > xid_from),
  audits int NOT NULL, transfers int NOT NULL,
  prev bytea NOT NULL, hash bytea NOT NULL CHECK (length(hash) = 32),
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (env, number)
);

SELECT core.protect('pay.audit', true), core.protect('pay.audit_block', true);
-- The triggers below write as the owner, whose row may belong to no bound environment; nobody else holds INSERT.
CREATE POLICY trail ON pay.audit FOR INSERT TO CURRENT_USER WITH CHECK (true);

-- A transfer can never change, so it is its own evidence: it is sealed where it stands and not copied.
ALTER TABLE pay.transfer ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX transfer_sealed ON pay.transfer (env, xid);

-- Gives a table its triggers. `p_shown` is the allow list of columns whose values are copied; of `p_noted` (persons'
-- data, free text, secrets) an UPDATE says only that they changed. `p_env` and `p_moved` are SQL: whose row it is, and
-- which updates count. The comparing code is generated per table: a loop over all columns cost ten times as much.
CREATE FUNCTION pay.keep_audit(p_table regclass, p_shown text[], p_noted text[] DEFAULT '{}',
                               p_env text DEFAULT '%s.env', p_moved text DEFAULT 'true') RETURNS void
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$
DECLARE
  name text := (SELECT CASE nspname WHEN 'pay' THEN relname ELSE nspname || '_' || relname END
                  FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE c.oid = p_table);
  has text[] := ARRAY(SELECT attname FROM pg_attribute WHERE attrelid = p_table AND attnum > 0 AND NOT attisdropped);
  who text := 'coalesce(' || CASE WHEN 'actor' = ANY (has) THEN '%1$s.actor, ' ELSE '' END
              || 'current_setting(''app.actor'', true), '''')';
  request text := 'coalesce(' || CASE WHEN 'request_id' = ANY (has) THEN '%1$s.request_id, ' ELSE '' END
                  || 'current_setting(''app.request'', true), '''')';
  copied text; compared text; head text := 'LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp AS ';
  put text := 'INSERT INTO audit (env, actor, request_id, tbl, op, row_id, body) '; BEGIN
  SELECT string_agg(format('%L, %%1$s.%I', c, c), ', ') INTO copied FROM unnest(p_shown) c WHERE c = ANY (has);
  SELECT string_agg(format('%L, CASE WHEN OLD.%I IS DISTINCT FROM NEW.%I THEN %s END', c, c, c,
           CASE WHEN c = ANY (p_shown) THEN format('jsonb_build_array(OLD.%I, NEW.%I)', c, c)
                ELSE '''"changed"''::jsonb' END), ', ')
    INTO compared FROM unnest(p_shown || p_noted) c WHERE c = ANY (has);
  EXECUTE format('CREATE FUNCTION pay.%I() RETURNS trigger %s %L', 'audit_' || name || '_born', head,
    'BEGIN ' || put || format('SELECT ' || p_env || ', ' || who || ', ' || request || ', %2$L, ''INSERT'', %1$s.id::text, '
      'jsonb_strip_nulls(jsonb_build_object(' || copied || ')) FROM fresh n; RETURN NULL; END', 'n', name));
  EXECUTE format('CREATE FUNCTION pay.%I() RETURNS trigger %s %L', 'audit_' || name || '_moved', head,
    'DECLARE b jsonb := jsonb_strip_nulls(jsonb_build_object(' || compared || ')); BEGIN IF b <> ''{}'' THEN '
      || put || format('VALUES (' || p_env || ', ' || who || ', ' || request || ', %2$L, ''UPDATE'', %1$s.id::text, b); '
      'END IF; RETURN NULL; END', 'NEW', name));
  EXECUTE format('CREATE FUNCTION pay.%I() RETURNS trigger %s %L', 'audit_' || name || '_gone', head,
    -- the row's own actor wrote it, and need not be the one who deletes it
    'BEGIN ' || put || format('VALUES (' || p_env || ', coalesce(current_setting(''app.actor'', true), ''''), '
      'coalesce(current_setting(''app.request'', true), ''''), %2$L, ''DELETE'', %1$s.id::text, '
      'jsonb_strip_nulls(jsonb_build_object(' || copied || '))); RETURN NULL; END', 'OLD', name));
  EXECUTE format('REVOKE ALL ON FUNCTION pay.%I(), pay.%I(), pay.%I() FROM PUBLIC',
                 'audit_' || name || '_born', 'audit_' || name || '_moved', 'audit_' || name || '_gone');
  EXECUTE format('CREATE TRIGGER audit_born AFTER INSERT ON %s REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT '
                 'EXECUTE FUNCTION pay.%I()', p_table, 'audit_' || name || '_born');
  EXECUTE format('CREATE TRIGGER audit_moved AFTER UPDATE ON %s FOR EACH ROW WHEN (%s) EXECUTE FUNCTION pay.%I()',
                 p_table, p_moved, 'audit_' || name || '_moved');
  EXECUTE format('CREATE TRIGGER audit_gone AFTER DELETE ON %s FOR EACH ROW EXECUTE FUNCTION pay.%I()',
                 p_table, 'audit_' || name || '_gone');
  EXECUTE format('CREATE TRIGGER audit_emptied AFTER TRUNCATE ON %s FOR EACH STATEMENT '
                 'EXECUTE FUNCTION pay.audit_emptied()', p_table);
  -- ALWAYS: a session that turns triggers off for itself is still recorded
  EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER audit_born, ENABLE ALWAYS TRIGGER audit_moved, '
                 'ENABLE ALWAYS TRIGGER audit_gone, ENABLE ALWAYS TRIGGER audit_emptied', p_table); END $$;

CREATE FUNCTION pay.audit_emptied() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp AS $$
BEGIN
  INSERT INTO audit (env, actor, request_id, tbl, op, row_id, body)
  VALUES (0, coalesce(current_setting('app.actor', true), ''), coalesce(current_setting('app.request', true), ''),
          TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME, 'TRUNCATE', '', '{}');
  RETURN NULL; END $$;

SELECT pay.keep_audit('pay.payment',
  '{amount,currency,status,captured,refund_reserved,amount_capturable,capture_method,customer_id,payment_method_id,latest_charge_id,cancellation_reason}',
  '{client_secret,description,receipt_email,metadata,shipping,statement_descriptor,statement_descriptor_suffix,transfer_group,return_url}');
SELECT pay.keep_audit('pay.attempt',
  '{payment_id,refund_id,payout_id,kind,status,network_key,connector,acquirer_ref,amount,currency}');
SELECT pay.keep_audit('pay.charge',
  '{payment_id,amount,currency,amount_captured,amount_refunded,status,failure_code,acquirer_ref}');
SELECT pay.keep_audit('pay.hold', '{debit_id,credit_id,currency,amount,code,ref_id,leg,status,posted_amount}');
-- What the ledger's functions change in an account is told by its transfers and holds; they raise `version` with every
-- posting. All other changes are recorded.
SELECT pay.keep_audit('pay.account', '{kind,stripe,currency,floor_zero,debits,credits,version}', '{}', '%s.env',
  '(OLD.env, OLD.id, OLD.kind, OLD.stripe, OLD.currency, OLD.floor_zero) IS DISTINCT FROM
   (NEW.env, NEW.id, NEW.kind, NEW.stripe, NEW.currency, NEW.floor_zero)
   OR (OLD.version = NEW.version AND (OLD.debits, OLD.credits) IS DISTINCT FROM (NEW.debits, NEW.credits))');
SELECT pay.keep_audit('pay.endpoint',
  '{url,api_version,connect,enabled,enabled_events,profile,attempts_max,disabled_reason,deleted_at}',
  '{secrets,description,metadata}');
SELECT pay.keep_audit('core.api_key', '{kind,prefix,last4,expires_at}', '{hash,name}');
SELECT pay.keep_audit('core.environment', '{account_id,mode}', '{name}', '0');
SELECT pay.keep_audit('core.account', '{country,currency}', '{name}', '0');
SELECT pay.keep_audit('core.member', '{account_id,role}', '{email,name,password_hash}', '0');
DO $$ BEGIN
  IF to_regclass('pay.refund') IS NOT NULL THEN
    PERFORM pay.keep_audit('pay.refund',
      '{payment_id,charge_id,amount,currency,status,reason,pending_reason,failure_reason}', '{metadata}');
  END IF; END $$;

-- These look only at the end of tables that grow all the time, which a planner without fresh statistics takes for most
-- of the table: enable_seqscan is off in them.

-- What a range of transactions wrote, as one digest. Rows are rendered without any setting of the session.
CREATE FUNCTION pay.audit_digest(p_env bigint, p_from xid8, p_to xid8,
                                 OUT audits int, OUT transfers int, OUT digest bytea)
LANGUAGE plpgsql STABLE SET search_path = pay, pg_temp SET enable_seqscan = off AS $$ DECLARE a text; t text; BEGIN
  SELECT count(*), string_agg(ROW(env, xid, id, extract(epoch FROM at), actor, request_id, login, tbl, op, row_id,
                                  body)::text, E'\n' ORDER BY xid, id)
    INTO audits, a FROM audit WHERE env = p_env AND xid >= p_from AND xid < p_to;
  SELECT count(*), string_agg(ROW(env, xid, id, group_id, debit_id, credit_id, currency, amount, code, ref_id, leg,
                                  debit_version, credit_version, debit_after, credit_after, reverses,
                                  extract(epoch FROM created_at))::text, E'\n' ORDER BY xid, id)
    INTO transfers, t FROM transfer WHERE env = p_env AND xid >= p_from AND xid < p_to;
  digest := sha256(sha256(convert_to(coalesce(a, ''), 'UTF8')) || sha256(convert_to(coalesce(t, ''), 'UTF8'))); END $$;

-- The tenant is part of what is hashed, so one tenant's chain cannot stand in for another's.
CREATE FUNCTION pay.audit_hash(p_prev bytea, p_env bigint, p_number int, p_from xid8, p_to xid8, p_audits int,
                               p_transfers int, p_digest bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE SET search_path = pay, pg_temp AS $$
  SELECT sha256(p_prev || convert_to(format('%s|%s|%s|%s|%s|%s|', p_env, p_number, p_from, p_to, p_audits, p_transfers),
                                     'UTF8') || p_digest) $$;

-- Seals what is finished and not yet sealed; `p_number`, `p_hash` are the head that the caller kept outside, or NULL.
-- Answers {blocks: the new ones since that head, more}; {busy} while another seals; {disagrees} when that head is not
-- ours any more.
CREATE FUNCTION pay.audit_seal(p_env bigint, p_number int, p_hash text, p_limit int DEFAULT 10000) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp SET enable_seqscan = off AS $$
DECLARE last audit_block; upto xid8; first xid8; cut xid8; d record; n int; BEGIN
  PERFORM env_guard(p_env);
  -- Two sealers would both link to the same block (measured elsewhere: a quarter of the links); the second looks away.
  IF NOT pg_try_advisory_xact_lock(hashtextextended('pay.audit', p_env)) THEN RETURN '{"busy": true}'; END IF;
  IF p_number IS NOT NULL AND NOT EXISTS (
    SELECT FROM audit_block WHERE env = p_env AND number = p_number AND hash = decode(p_hash, 'hex'))
  THEN RETURN '{"disagrees": true}'; END IF;
  SELECT * INTO last FROM audit_block WHERE env = p_env ORDER BY number DESC LIMIT 1;
  first := coalesce(last.xid_to, '0'::xid8);
  upto := pg_snapshot_xmin(pg_current_snapshot());  -- whatever is older has committed or never will
  SELECT xid INTO cut FROM audit WHERE env = p_env AND xid >= first AND xid < upto ORDER BY xid OFFSET p_limit LIMIT 1;
  IF FOUND THEN  -- one transaction stays in one block, however large it is
    upto := CASE WHEN EXISTS (SELECT FROM audit WHERE env = p_env AND xid >= first AND xid < cut) THEN cut
                 ELSE (cut::text::bigint + 1)::text::xid8 END;
  END IF;
  SELECT * INTO d FROM audit_digest(p_env, first, upto);
  IF d.audits + d.transfers > 0 THEN
    n := coalesce(last.number, 0) + 1;
    INSERT INTO audit_block (env, number, xid_from, xid_to, audits, transfers, prev, hash)
    VALUES (p_env, n, first, upto, d.audits, d.transfers, coalesce(last.hash, ''),
            audit_hash(coalesce(last.hash, ''), p_env, n, first, upto, d.audits, d.transfers, d.digest));
  END IF;
  RETURN jsonb_build_object('more', cut IS NOT NULL, 'blocks', (
    SELECT coalesce(jsonb_agg(jsonb_build_object('env', env, 'number', number, 'hash', encode(hash, 'hex'),
             'rows', audits + transfers, 'at', at) ORDER BY number), '[]')
      FROM audit_block WHERE env = p_env AND number > coalesce(p_number, coalesce(n, last.number) - 1))); END $$;

-- The environments that have something unsealed.
CREATE FUNCTION pay.audit_waiting() RETURNS bigint[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp SET enable_seqscan = off AS $$
DECLARE e bigint; edge xid8; found bigint[] := '{}'; before text := current_setting('app.env', true); BEGIN
  FOR e IN SELECT 0::bigint UNION ALL SELECT id FROM core.environment LOOP
    PERFORM set_config('app.env', e::text, true);
    edge := coalesce((SELECT xid_to FROM audit_block WHERE env = e ORDER BY number DESC LIMIT 1), '0'::xid8);
    IF (SELECT max(xid) FROM audit WHERE env = e) >= edge OR (SELECT max(xid) FROM transfer WHERE env = e) >= edge
    THEN found := found || e; END IF;
  END LOOP;
  PERFORM set_config('app.env', coalesce(before, ''), true);
  RETURN found; END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA pay FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.audit_seal(bigint, int, text, int), pay.audit_waiting() TO farthing_app;
GRANT EXECUTE ON FUNCTION pay.audit_digest(bigint, xid8, xid8),
  pay.audit_hash(bytea, bigint, int, xid8, xid8, int, int, bytea) TO farthing_auditor;
