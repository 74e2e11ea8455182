-- The seals of the rows as they are, for the auditor: digests only, of all environments.
CREATE OR REPLACE FUNCTION pay.seals() RETURNS TABLE(env bigint, tbl text, row_id text, seal text)
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
