"""Statements of events and their outbox. Writing is `pay.events_write`, dispatching `pay.outbox_dispatch`."""

from sqlalchemy import text

from backend.pages import keyset

WRITE = text("SELECT pay.events_write(:env, CAST(:events AS jsonb))")

_COLUMNS = """
e.id, e.type, e.api_version, e.data, e.previous_attributes, e.request_id, e.idempotency_key, e.created_at,
(SELECT count(*) FROM pay.delivery d WHERE d.env = e.env AND d.event_id = e.id AND d.status = 'pending')::int
  AS pending_webhooks
"""
GET = f"SELECT {_COLUMNS} FROM pay.event e WHERE e.env = %s AND e.id = %s"  # noqa: S608 - constants only
FIND = keyset(f"""
SELECT {_COLUMNS} FROM pay.event e
 WHERE e.env = %(env)s
   AND (%(types)s::text[] IS NULL OR e.type = ANY (%(types)s::text[]))
   AND (%(prefix)s::text IS NULL OR starts_with(e.type, %(prefix)s))
   AND (%(object_id)s::text IS NULL OR e.object_id = %(object_id)s)
   AND (%(gt)s::timestamptz IS NULL OR e.created_at >= %(gt)s::timestamptz)
   AND (%(lt)s::timestamptz IS NULL OR e.created_at < %(lt)s::timestamptz)
""", "pay.event", "e", "id")  # noqa: S608 - constants only
"""Ids of events sort by the millisecond, so the primary key gives the order and no other index is written.

Times are whole seconds at the API, so `gt` and `lt` are half-open bounds; the caller turns gte and lte into them."""

DISPATCH = "pay.outbox_dispatch(%s, %s, %s, %s, %s, %s)"
AWAITED = """
SELECT e.id, e.type, e.object_id, e.data
  FROM pay.outbox o JOIN pay.event e ON (e.env, e.id) = (o.env, o.event_id)
 WHERE o.env = %s AND o.dispatched_at IS NULL AND pay.event_awaited(e, %s)
 ORDER BY random() LIMIT %s
"""
"""Events that somebody in the house must hear of before the merchant does (`pay.event_awaited`); in any order, so
that some whose subscriber fails do not stand before the others for ever."""

WITH_WORK = "SELECT * FROM pay.environments_with_work(%s)"
