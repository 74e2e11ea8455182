-- Who of ours must hear of an event before merchants do (backend/events/reactions.py): nobody is {}, and NULL is what a
-- process of before wrote, which did not say.
ALTER TABLE pay.outbox ADD COLUMN awaits text[];
