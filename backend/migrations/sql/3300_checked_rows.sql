-- Checks that were added to full tables without looking at their rows are looked through here, while everybody goes on.
ALTER TABLE pay.refund VALIDATE CONSTRAINT refund_reason_check, VALIDATE CONSTRAINT refund_released_check;
ALTER TABLE pay.attempt VALIDATE CONSTRAINT attempt_answers_check, VALIDATE CONSTRAINT attempt_sent_again_check;
