-- Keys of test mode can be shown again: beside the hash that opens them stands a copy sealed under a key file, so a dump of
-- the database alone gives none away. A key of live mode never has one, whoever writes the row.
ALTER TABLE core.api_key ADD sealed text, ADD shown_at timestamptz,
  ADD CONSTRAINT only_test_keys_are_kept CHECK (sealed IS NULL OR prefix ~ '^[a-z]{2}_test_$');
GRANT UPDATE (sealed, shown_at) ON core.api_key TO farthing_app;

-- Who asked to see a key again is worth a line in the audit trail.
DROP TRIGGER audit_born ON core.api_key;
DROP TRIGGER audit_moved ON core.api_key;
DROP TRIGGER audit_gone ON core.api_key;
DROP TRIGGER audit_emptied ON core.api_key;
DROP FUNCTION pay.audit_core_api_key_born(), pay.audit_core_api_key_moved(), pay.audit_core_api_key_gone();
SELECT pay.keep_audit('core.api_key', '{kind,prefix,last4,expires_at,permissions,allowed_ips,rolled_to,shown_at}',
                      '{hash,name,sealed}');
