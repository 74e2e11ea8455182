-- Blocks of the audit trail name the numbers that they seal instead of transactions: those mean something on the server
-- that wrote them only, numbers go with their rows wherever these move. A row of the trail has one already (`id`);
-- transfers draw from the same sequence. Blocks of before have no numbers and stay as they are.
ALTER TABLE pay.transfer ADD COLUMN no bigint;
ALTER TABLE pay.transfer ALTER no SET DEFAULT nextval('pay.audit_id_seq');
ALTER TABLE pay.audit_block ADD COLUMN no_from bigint, ADD COLUMN no_to bigint,
  ADD CONSTRAINT audit_block_numbers CHECK ((no_from IS NULL) = (no_to IS NULL) AND no_to > no_from);

-- What the sealer knows of an environment's newest rows. It only helps to find them, and means nothing on another server.
CREATE TABLE pay.audit_edge (
  env bigint PRIMARY KEY,
  server bigint NOT NULL,   -- the identity of the server whose transaction numbers stand here
  number int NOT NULL,      -- of the last block when this was written; 0 for none
  sealed bigint NOT NULL,   -- up to this number everything stands in blocks
  floor xid8 NOT NULL,      -- what has a higher number was written by this transaction or a later one
  drawn bigint, over xid8,  -- all numbers up to `drawn` are final once every transaction before `over` has ended,
  since xid8,               -- and then this is the floor of those above
  CHECK ((drawn IS NULL) = (over IS NULL) AND (drawn IS NULL) = (since IS NULL))
) WITH (fillfactor = 50);
SELECT core.protect('pay.audit_edge');

DO $$ DECLARE t text; BEGIN
  FOREACH t IN ARRAY ARRAY['audit', 'transfer', 'audit_edge'] LOOP
    EXECUTE format('CREATE POLICY sweeper ON pay.%I FOR SELECT TO CURRENT_USER
                    USING (current_setting(''app.sweep'', true) = ''on'')', t);
  END LOOP; END $$;
