-- What the acquirers had and we did not: after a restore, each such record with what was done about it.

-- Under the environment of the payment that it was adopted for, or under env 0 when nobody here knows its payment.
CREATE TABLE pay.orphan (
  env bigint NOT NULL, connector text NOT NULL, network_key text NOT NULL COLLATE "C",
  kind text NOT NULL, amount bigint, currency char(3),
  found  text NOT NULL,                                      -- the record's status at that moment
  action text NOT NULL CHECK (action IN ('adopted', 'undone', 'refunded', 'harmless', 'person')),
  payment_id text COLLATE "C",
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (env, connector, network_key, action),
  CHECK ((action = 'adopted') = (payment_id IS NOT NULL))
);
SELECT core.protect('pay.orphan', true);
GRANT INSERT ON pay.orphan TO farthing_app;
