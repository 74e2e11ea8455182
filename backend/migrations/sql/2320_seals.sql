-- What may not be copied into the audit trail is sealed there: of secrets and ciphertexts the trail holds a digest, so
-- that a key, a password or a card that was exchanged behind its back shows (H4 of the books check). The digests name
-- the row that they belong to: two rows that swapped their contents show as two.

-- `p_id` and `p_sealed` are SQL over the row %1$s: its name in the trail, and a record of what is sealed, written
-- without any setting of the session. `p_env` as in pay.keep_audit.
CREATE FUNCTION pay.keep_seals(p_table regclass, p_id text, p_sealed text, p_env text DEFAULT '%1$s.env') RETURNS void
LANGUAGE plpgsql SET search_path = pay, pg_temp AS $$
DECLARE
  name text := (SELECT nspname || '_' || relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
                 WHERE c.oid = p_table);
  digest text := 'encode(sha256(convert_to(ROW(' || quote_literal(name) || ', ' || p_env || ', ' || p_id || ', '
                 || p_sealed || ')::text, ''UTF8'')), ''hex'')';
  put text := 'INSERT INTO audit (env, actor, request_id, tbl, op, row_id, body) VALUES (' || p_env
    || ', coalesce(current_setting(''app.actor'', true), ''''), coalesce(current_setting(''app.request'', true), ''''), '
    || quote_literal(name || '_seal') || ', TG_OP, ' || p_id || ', ';
  head text := 'LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp AS '; BEGIN
  EXECUTE format('CREATE FUNCTION pay.%I(%s) RETURNS text LANGUAGE sql STABLE SET search_path = pay, pg_temp AS %L',
    'seal_of_' || name, 'r ' || p_table, 'SELECT ' || format(digest, 'r'));
  EXECUTE format('CREATE FUNCTION pay.%I() RETURNS trigger %s %L', 'seal_' || name, head,
    'BEGIN IF TG_OP = ''DELETE'' THEN '
    || format(put, 'OLD') || 'jsonb_build_object(''seal'', pay.' || quote_ident('seal_of_' || name) || '(OLD))); '
    || 'ELSIF TG_OP = ''INSERT'' THEN '
    || format(put, 'NEW') || 'jsonb_build_object(''seal'', pay.' || quote_ident('seal_of_' || name) || '(NEW))); '
    || 'ELSIF pay.' || quote_ident('seal_of_' || name) || '(OLD) <> pay.' || quote_ident('seal_of_' || name)
    || '(NEW) THEN ' || format(put, 'NEW') || 'jsonb_build_object(''seal'', jsonb_build_array(pay.'
    || quote_ident('seal_of_' || name) || '(OLD), pay.' || quote_ident('seal_of_' || name) || '(NEW)))); '
    || 'END IF; RETURN NULL; END');
  EXECUTE format('REVOKE ALL ON FUNCTION pay.%I(), pay.%I(%s) FROM PUBLIC', 'seal_' || name, 'seal_of_' || name, p_table);
  EXECUTE format('CREATE TRIGGER sealed AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION pay.%I()',
                 p_table, 'seal_' || name);
  EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER sealed', p_table); END $$;
REVOKE ALL ON FUNCTION pay.keep_seals(regclass, text, text, text) FROM PUBLIC;

SELECT pay.keep_seals('core.api_key', '%1$s.id', 'encode(%1$s.hash, ''hex''), %1$s.kind, %1$s.permissions, '
  '%1$s.allowed_ips, extract(epoch FROM %1$s.expires_at)');
SELECT pay.keep_seals('core.member', '%1$s.id', '%1$s.account_id, %1$s.email, %1$s.password_hash, %1$s.role', '0::bigint');
SELECT pay.keep_seals('pay.endpoint', '%1$s.id', '%1$s.url, %1$s.secrets, %1$s.enabled_events');
SELECT pay.keep_seals('vault.key', '%1$s.id', '%1$s.kek, encode(%1$s.wrapped, ''hex'')');
SELECT pay.keep_seals('vault.card', '%1$s.token', '%1$s.key_id, encode(%1$s.sealed, ''hex''), %1$s.fingerprint, '
  '%1$s.last4, %1$s.exp_month, %1$s.exp_year');
SELECT pay.keep_seals('vault.bank_account', '%1$s.token', '%1$s.key_id, encode(%1$s.sealed, ''hex''), %1$s.facts');

-- The seals of the rows as they are, for the auditor: digests only, of all environments.
CREATE FUNCTION pay.seals() RETURNS TABLE (env bigint, tbl text, row_id text, seal text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pay, pg_temp AS $$
DECLARE e bigint; before text := current_setting('app.env', true); BEGIN
  RETURN QUERY SELECT k.env, 'core_api_key_seal', k.id, seal_of_core_api_key(k) FROM core.api_key k
     UNION ALL SELECT 0::bigint, 'core_member_seal', m.id, seal_of_core_member(m) FROM core.member m;
  FOR e IN SELECT id FROM core.environment LOOP
    PERFORM set_config('app.env', e::text, true);
    RETURN QUERY SELECT n.env, 'pay_endpoint_seal', n.id, seal_of_pay_endpoint(n) FROM pay.endpoint n WHERE n.env = e
       UNION ALL SELECT k.env, 'vault_key_seal', k.id, seal_of_vault_key(k) FROM vault.key k WHERE k.env = e
       UNION ALL SELECT c.env, 'vault_card_seal', c.token, seal_of_vault_card(c) FROM vault.card c WHERE c.env = e
       UNION ALL SELECT b.env, 'vault_bank_account_seal', b.token, seal_of_vault_bank_account(b)
                   FROM vault.bank_account b WHERE b.env = e;
  END LOOP;
  PERFORM set_config('app.env', coalesce(before, ''), true); END $$;
REVOKE ALL ON FUNCTION pay.seals() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pay.seals() TO farthing_auditor;

-- What stands here already is sealed as it is now.
INSERT INTO pay.audit (env, actor, request_id, tbl, op, row_id, body)
SELECT env, 'upgrade', '', tbl, 'INSERT', row_id, jsonb_build_object('seal', seal) FROM pay.seals();
