-- An event has one row in the outbox, by its own id; nobody looks a row up by its number, which only gives the order of
-- those that wait (outbox_due). Each event of a payment wrote the index of the primary key twice for nothing.
ALTER TABLE pay.outbox DROP CONSTRAINT outbox_pkey;
