-- Members have one of five roles, can be removed, and accounts can be renamed.

UPDATE core.member SET role = 'viewer' WHERE role NOT IN ('owner', 'administrator', 'developer', 'support', 'viewer');
ALTER TABLE core.member ADD CONSTRAINT member_role_check
  CHECK (role IN ('owner', 'administrator', 'developer', 'support', 'viewer'));
CREATE INDEX member_account ON core.member (account_id);
CREATE INDEX login_member ON core.login (member_id);
GRANT UPDATE (name) ON core.account TO farthing_app;
GRANT DELETE ON core.member, core.login TO farthing_app;
