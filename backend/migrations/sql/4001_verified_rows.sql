-- Checks that were added to full tables without looking at their rows are looked through here, while everybody goes on.
ALTER TABLE pay.attempt VALIDATE CONSTRAINT attempt_kind_check, VALIDATE CONSTRAINT attempt_amount_check;
ALTER TABLE pay.acquirer_record VALIDATE CONSTRAINT acquirer_record_kind_check;
