"""Statements of events and their outbox. Writing is `pay.events_write`, dispatching `pay.outbox_relay`."""

from sqlalchemy import text

from backend.pages import keyset

WRITE = text("SELECT pay.events_write(:env, CAST(:events AS jsonb))")

_COLUMNS = """
e.id, e.type, e.api_version, e.data, e.previous_attributes, e.request_id, e.idempotency_key, e.created_at,
(SELECT count(*) FROM pay.delivery d WHERE d.env = e.env AND d.event_id = e.id AND d.status = 'pending')::int
  AS pending_webhooks
"""
GET = f"SELECT {_COLUMNS} FROM pay.event e WHERE e.env = %s AND e.id = %s"  # noqa: S608 - constants only
FIND = keyset(f"SELECT {_COLUMNS} FROM pay.event e WHERE e.env = %(env)s",  # noqa: S608 - constants only
              "pay.event", "e", "id", filters={
                  "types": "e.type = ANY (%(types)s::text[])", "prefix": "starts_with(e.type, %(prefix)s)",
                  "object_id": "e.object_id = %(object_id)s",
                  "object_ids": "e.object_id = ANY (%(object_ids)s::text[])"})
"""Ids of events sort by the millisecond, so the primary key gives the order and no other index is written."""

DISPATCH = "pay.outbox_relay(%s, %s, %s, %s, %s)"
AWAITED = """
SELECT e.id, e.type, e.object_id, e.data, coalesce(o.awaits, pay.outbox_unmarked(o)) AS awaits
  FROM pay.outbox o JOIN pay.event e ON (e.env, e.id) = (o.env, o.event_id)
 WHERE o.env = %s AND o.dispatched_at IS NULL AND coalesce(o.awaits, pay.outbox_unmarked(o)) <> '{}'
 ORDER BY random() LIMIT %s
"""
"""Events that somebody in the house must hear of before the merchant does; in any order, so that some whose subscriber
fails do not stand before the others for ever."""
