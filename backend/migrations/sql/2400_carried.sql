-- A capture, void, increment or refund that the acquirer surely does not have is sent again under the same network key:
-- how often that was done, written down before each sending; null for never.
ALTER TABLE pay.attempt ADD COLUMN sent_again smallint,
  ADD CONSTRAINT attempt_sent_again_check CHECK (sent_again >= 0) NOT VALID;
