-- A capture, void, increment or refund that the acquirer surely does not have is sent again under the same network key:
-- how often that was done, written down before each sending.
ALTER TABLE pay.attempt ADD COLUMN sent_again smallint NOT NULL DEFAULT 0 CHECK (sent_again >= 0);
