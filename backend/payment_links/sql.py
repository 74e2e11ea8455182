"""Statements of payment links beyond those that every plain resource has."""

from sqlalchemy import text

# The wall of `restrictions.completed_sessions.limit`: each place is given once, whatever races.
TAKE = text("""
UPDATE pay.payment_link SET doc = jsonb_set(doc, '{taken}', to_jsonb((doc->>'taken')::bigint + 1))
 WHERE env = :env AND id = :id AND ((doc->>'taken')::bigint < (doc->>'limit')::bigint) IS NOT FALSE
""")
GIVE_BACK = text("""
UPDATE pay.payment_link SET doc = jsonb_set(doc, '{taken}', to_jsonb((doc->>'taken')::bigint - 1))
 WHERE env = :env AND id = :id AND (doc->>'taken')::bigint > 0
""")
COMPLETE = text("""
UPDATE pay.payment_link SET doc = jsonb_set(doc, '{completed}', to_jsonb((doc->>'completed')::bigint + 1))
 WHERE env = :env AND id = :id
""")
