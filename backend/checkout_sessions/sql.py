"""Statements of checkout sessions and their line items."""

from sqlalchemy import text

from backend.pages import keyset

SESSION_INSERT = text("""
INSERT INTO pay.checkout_session
SELECT (jsonb_populate_record(NULL::pay.checkout_session, CAST(:row AS jsonb))).*
""")
ITEMS_INSERT = text("""
INSERT INTO pay.checkout_line_item
SELECT (jsonb_populate_recordset(NULL::pay.checkout_line_item, CAST(:rows AS jsonb))).*
""")
SESSION_GET = "SELECT to_jsonb(s) AS row FROM pay.checkout_session s WHERE env = %s AND id = %s"
SESSION_LOCK = text("SELECT to_jsonb(s) FROM pay.checkout_session s WHERE env = :env AND id = :id FOR NO KEY UPDATE")
SESSION_OF_PAYMENT = "SELECT id FROM pay.checkout_session WHERE env = %s AND payment_id = %s"
SESSION_BEGIN = text("""
UPDATE pay.checkout_session SET payment_id = :payment_id, customer_details = CAST(:details AS jsonb),
       customer_id = :customer_id, tries = :tries
 WHERE env = :env AND id = :id
""")
SESSION_TRIES = text("UPDATE pay.checkout_session SET tries = :tries WHERE env = :env AND id = :id")
SESSION_METADATA = text("""
UPDATE pay.checkout_session SET metadata = CAST(:metadata AS jsonb) WHERE env = :env AND id = :id
""")
SESSION_CLOSE = text("""
UPDATE pay.checkout_session SET status = :status, payment_status = :payment_status, completed_at = :completed_at
 WHERE env = :env AND id = :id
""")
SESSION_FIND = keyset("SELECT to_jsonb(s) AS row FROM pay.checkout_session s WHERE env = %(env)s",
                      "pay.checkout_session", "s", filters={
                          "payment_intent": "payment_id = %(payment_intent)s",
                          "customer": "customer_id = %(customer)s", "status": "status = %(status)s",
                          "payment_link": "payment_link_id = %(payment_link)s"})
ITEMS_FIND = """
SELECT to_jsonb(i) AS row FROM pay.checkout_line_item i WHERE env = %s AND session_id = ANY(%s) ORDER BY session_id, seq
"""
ITEMS_OF = """
SELECT s.id, i.row FROM unnest(%(sessions)s::text[]) AS s (id) CROSS JOIN LATERAL (
  SELECT to_jsonb(i) AS row FROM pay.checkout_line_item i WHERE i.env = %(env)s AND i.session_id = s.id
   ORDER BY i.seq LIMIT %(limit)s) i
"""
SESSIONS_DUE = """
SELECT id FROM pay.checkout_session WHERE env = %s AND status = 'open' AND expires_at <= %s
 ORDER BY expires_at LIMIT 500
"""
