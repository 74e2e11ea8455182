-- Mails (backend/mail): drafted in the commit of what they tell of, sent by the worker.
CREATE TABLE pay.mail (
  env bigint NOT NULL, id text NOT NULL COLLATE "C",
  kind text NOT NULL, object_id text NOT NULL COLLATE "C",
  reason text NOT NULL COLLATE "C",     -- of one reason one mail goes to an address
  address text NOT NULL,
  status text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'sent', 'failed')),
  attempts int NOT NULL DEFAULT 0,
  next_at timestamptz,                  -- by the system's clock, whatever the environment's says
  leased_until timestamptz, lease int NOT NULL DEFAULT 0,
  answer text,                          -- what the mail server said last
  sent_at timestamptz,
  actor text, request_id text, created_at timestamptz NOT NULL,
  PRIMARY KEY (env, id),
  CONSTRAINT one_mail_for_a_reason UNIQUE (env, reason, address),
  CONSTRAINT waits_for_a_moment CHECK ((status = 'waiting') = (next_at IS NOT NULL)),
  CONSTRAINT sent_at_a_moment CHECK ((status = 'sent') = (sent_at IS NOT NULL))
);
CREATE INDEX mail_due ON pay.mail (env, next_at) WHERE next_at IS NOT NULL;
CREATE INDEX mail_sent ON pay.mail (env, sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX mail_to ON pay.mail (env, lower(address), sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX mail_about ON pay.mail (env, object_id);
SELECT core.protect('pay.mail');
GRANT INSERT, UPDATE ON pay.mail TO farthing_app;
CREATE POLICY sweeper ON pay.mail FOR SELECT TO CURRENT_USER USING (current_setting('app.sweep', true) = 'on');
SELECT pay.keep_audit('pay.mail', '{kind,object_id,reason,status,attempts}', '{address,answer}');

-- The number that stands on the receipts of a charge or a refund, from the first that is sent.
ALTER TABLE pay.charge ADD COLUMN receipt_number text;
ALTER TABLE pay.refund ADD COLUMN receipt_number text;
CREATE UNIQUE INDEX charge_receipt ON pay.charge (env, receipt_number) WHERE receipt_number IS NOT NULL;
CREATE UNIQUE INDEX refund_receipt ON pay.refund (env, receipt_number) WHERE receipt_number IS NOT NULL;

-- Whether shoppers get receipts at the addresses that they gave at the checkout.
ALTER TABLE core.environment ADD COLUMN receipts boolean NOT NULL DEFAULT true;
GRANT UPDATE (receipts) ON core.environment TO farthing_app;
