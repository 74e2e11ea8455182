-- What was found out about a message beside its answers: what a person said of one that nobody else could settle, and
-- that one is to be undone, or is. For good, and in the audit trail.
CREATE TABLE pay.verdict (
  env bigint NOT NULL, id uuid NOT NULL DEFAULT uuidv7(),
  attempt_id uuid NOT NULL,
  said text NOT NULL CHECK (said IN ('approved', 'not_done', 'to_undo', 'undone')),
  acquirer_ref text CHECK (said <> 'approved' OR acquirer_ref IS NOT NULL),
  reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (env, id),
  FOREIGN KEY (env, attempt_id) REFERENCES pay.attempt (env, id)
);
SELECT core.protect('pay.verdict', true);
GRANT INSERT ON pay.verdict TO farthing_app;
CREATE POLICY sweeper ON pay.verdict FOR SELECT TO CURRENT_USER USING (current_setting('app.sweep', true) = 'on');
CREATE INDEX verdict_of ON pay.verdict (env, attempt_id);
SELECT pay.keep_audit('pay.verdict', '{attempt_id,said,acquirer_ref,reason}');

-- A message that waits for a person may be asked about again.
INSERT INTO pay.transition (entity, from_s, to_s) VALUES ('attempt', 'manual', 'unknown');
CREATE INDEX attempt_manual ON pay.attempt (env, sent_at) WHERE status = 'manual';
