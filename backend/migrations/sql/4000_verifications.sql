-- An account verification is a message like any other: on disk before it leaves. It is about a card, moves no money and
-- belongs to no payment.
ALTER TABLE pay.attempt
  DROP CONSTRAINT attempt_kind_check,
  ADD CONSTRAINT attempt_kind_check CHECK (kind IN (
    'authorize', 'sale', 'increment', 'capture', 'void', 'refund', 'payout', 'verify')) NOT VALID,
  DROP CONSTRAINT attempt_amount_check,
  ADD CONSTRAINT attempt_amount_check CHECK (CASE WHEN kind = 'verify'
    THEN amount = 0 AND payment_id IS NULL AND payment_method_id IS NOT NULL ELSE amount > 0 END) NOT VALID;
CREATE INDEX attempt_verification ON pay.attempt (env, payment_method_id, number) WHERE kind = 'verify';

ALTER TABLE pay.acquirer_record
  DROP CONSTRAINT acquirer_record_kind_check,
  ADD CONSTRAINT acquirer_record_kind_check CHECK (kind IN (
    'authorize', 'sale', 'increment', 'capture', 'refund', 'void', 'chargeback', 'chargeback_reversal',
    'refund_return', 'settlement', 'verify')) NOT VALID;
