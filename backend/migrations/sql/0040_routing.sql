-- Routing: a merchant's rule about second tries, and the uncaptured authorisations by age.

-- Whether a soft decline may be tried once more at another acquirer.
ALTER TABLE core.environment ADD COLUMN try_twice boolean NOT NULL DEFAULT true;
GRANT UPDATE (try_twice) ON core.environment TO farthing_app;

-- What the sweeper of the capture window walks: open holds only. An index on pay.payment by status would cost every
-- payment, for a change of status could then no longer stay on its page (HOT).
CREATE INDEX hold_open ON pay.hold (env, created_at) WHERE status = 'pending';
