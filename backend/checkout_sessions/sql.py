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
SESSION_OF_SETUP = "SELECT id FROM pay.checkout_session WHERE env = %s AND setup_intent_id = %s"
SESSION_BEGIN = text("""
UPDATE pay.checkout_session SET payment_id = :payment_id, setup_intent_id = :setup_intent_id,
       customer_details = CAST(:details AS jsonb), customer_id = :customer_id, tries = :tries,
       own_customer = :own_customer, tried = CAST(:tried AS jsonb)
 WHERE env = :env AND id = :id
""")
SESSION_TRIES = text("""
UPDATE pay.checkout_session SET tries = :tries, tried = CAST(:tried AS jsonb) WHERE env = :env AND id = :id
""")
SESSION_ORDER = text("""
UPDATE pay.checkout_session SET amount_total = :total, amount_subtotal = :subtotal, amount_discount = :off,
       discount = CAST(:discount AS jsonb), lines = CAST(:lines AS jsonb),
       shipping_rate_id = :rate, amount_shipping = :shipping
 WHERE env = :env AND id = :id
""")
SESSION_WRONG_CODE = text("""
UPDATE pay.checkout_session SET wrong_codes = coalesce(wrong_codes, 0) + 1 WHERE env = :env AND id = :id
""")
SESSION_METADATA = text("""
UPDATE pay.checkout_session SET metadata = CAST(:metadata AS jsonb) WHERE env = :env AND id = :id
""")
SESSION_CLOSE = text("""
UPDATE pay.checkout_session SET status = :status, payment_status = :payment_status, completed_at = :completed_at,
       tried = NULL, collected = CAST(:collected AS jsonb), customer_details = CAST(:details AS jsonb)
 WHERE env = :env AND id = :id
""")
SESSION_FIND = keyset("SELECT to_jsonb(s) AS row FROM pay.checkout_session s WHERE env = %(env)s",
                      "pay.checkout_session", "s", filters={
                          "payment_intent": "payment_id = %(payment_intent)s",
                          "customer": "customer_id = %(customer)s", "status": "status = %(status)s",
                          "payment_link": "payment_link_id = %(payment_link)s"})
_ITEMS = """
SELECT to_jsonb(i) || coalesce(s.lines -> i.seq::text, '{}') AS row FROM pay.checkout_line_item i
  JOIN pay.checkout_session s ON (s.env, s.id) = (i.env, i.session_id)
"""
ITEMS_FIND = _ITEMS + " WHERE i.env = %s AND i.session_id = ANY(%s) ORDER BY i.session_id, i.seq"
ITEMS_IN = text(_ITEMS + " WHERE i.env = :env AND i.session_id = :id ORDER BY i.seq")
ITEMS = """
SELECT to_jsonb(i) || coalesce(s.lines -> i.seq::text, '{}') AS row, to_jsonb(s) AS session
  FROM pay.checkout_line_item i JOIN pay.checkout_session s ON (s.env, s.id) = (i.env, i.session_id)
 WHERE i.env = %s AND i.id = ANY(%s)
"""
SESSIONS = "SELECT to_jsonb(s) AS row FROM pay.checkout_session s WHERE env = %s AND id = ANY(%s)"
VISITS = """
SELECT payment_link_id AS id, jsonb_build_object('views', count(*), 'started', count(payment_id),
       'completed', count(*) FILTER (WHERE status = 'complete')) AS counts
  FROM pay.checkout_session WHERE env = %s AND payment_link_id = ANY(%s) GROUP BY payment_link_id
"""
