-- What was held and is given free shows as a refund of its charge: no money moved, so nothing is reserved, posted or sent.
ALTER TABLE pay.refund ADD COLUMN released boolean,
  DROP CONSTRAINT refund_reason_check,
  ADD CONSTRAINT refund_reason_check CHECK (reason IN (
    'duplicate', 'fraudulent', 'requested_by_customer', 'expired_uncaptured_charge')) NOT VALID,
  ADD CONSTRAINT refund_released_check CHECK (released IS NOT TRUE OR acquirer_ref IS NULL) NOT VALID;
ALTER TABLE pay.attempt DROP CONSTRAINT attempt_answers_check,
  ADD CONSTRAINT attempt_answers_check CHECK (answers IN ('charge', 'refund')) NOT VALID;
INSERT INTO pay.transition (entity, from_s, to_s) VALUES ('refund', 'none', 'succeeded');
