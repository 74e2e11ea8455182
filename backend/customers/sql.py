"""Statements of customers and payment methods."""

from sqlalchemy import text

from backend.customers.rows import CUSTOMER_CHANGES, METHOD_CHANGES
from backend.pages import keyset
from backend.rows import assigned
from backend.search import Field, Searchable

CUSTOMER_INSERT = text("""
INSERT INTO pay.customer SELECT r.* FROM jsonb_populate_record(NULL::pay.customer, CAST(:row AS jsonb)) r
ON CONFLICT (env, id) DO NOTHING
""")
CUSTOMER_LOCK = text("""
SELECT to_jsonb(c) FROM pay.customer c WHERE env = :env AND id = :id AND deleted_at IS NULL FOR NO KEY UPDATE
""")
CUSTOMER_GET = "SELECT to_jsonb(c) AS row FROM pay.customer c WHERE env = %s AND id = %s"
CUSTOMERS = "SELECT to_jsonb(c) AS row FROM pay.customer c WHERE env = %s AND id = ANY(%s)"
CUSTOMER_SAVE = text(f"UPDATE pay.customer c {assigned(CUSTOMER_CHANGES, 'c', 'CAST(:change AS jsonb)')} "
                     "WHERE env = :env AND id = :id")
CUSTOMER_SEARCH = Searchable(
    "SELECT to_jsonb(c) AS row FROM pay.customer c WHERE c.env = %(env)s AND c.deleted_at IS NULL", "pay.customer", "c",
    "c.metadata", {"created": Field("c.created_at", "time"),
                   **{name: Field(f"c.{name}", "text") for name in ("email", "name", "phone")}})
CUSTOMER_FIND = keyset("SELECT to_jsonb(c) AS row FROM pay.customer c WHERE env = %(env)s AND deleted_at IS NULL",
                       "pay.customer", "c", filters={"email": "email = %(email)s"})
METHOD_INSERT = """
INSERT INTO pay.payment_method SELECT r.* FROM jsonb_populate_record(NULL::pay.payment_method, %s::jsonb) r
ON CONFLICT (env, id) DO NOTHING
"""
METHOD_GET = "SELECT to_jsonb(m) AS row FROM pay.payment_method m WHERE env = %s AND id = %s"
METHODS = "SELECT to_jsonb(m) AS row FROM pay.payment_method m WHERE env = %s AND id = ANY(%s)"
METHOD_LOCK = text("SELECT to_jsonb(m) FROM pay.payment_method m WHERE env = :env AND id = :id FOR NO KEY UPDATE")
METHOD_SAVE = text(f"UPDATE pay.payment_method m {assigned(METHOD_CHANGES, 'm', 'CAST(:change AS jsonb)')} "
                   "WHERE env = :env AND id = :id")
METHOD_TRIED = """
UPDATE pay.payment_method SET bank = bank || jsonb_build_object(
  'verified', (bank->>'verified')::boolean OR (%s AND (bank->>'tries')::int < %s),
  'tries', (bank->>'tries')::int + %s)
 WHERE env = %s AND id = %s RETURNING (bank->>'tries')::int AS tries, (bank->>'verified')::boolean AS verified
"""
MANDATE_OF = """
SELECT id FROM pay.mandate WHERE env = %s AND payment_method_id = %s AND doc->>'status' = 'active'
   AND doc->>'type' = ANY (%s) ORDER BY created_at DESC, id DESC LIMIT 1
"""
MANDATES_OF = text("""
SELECT r.doc || jsonb_build_object('env', r.env, 'id', r.id, 'created_at', r.created_at, 'deleted_at', r.deleted_at)
  FROM pay.mandate r WHERE env = :env AND payment_method_id = ANY(:methods) AND doc->>'status' = 'active'
 ORDER BY id FOR NO KEY UPDATE
""")
METHODS_OF = text("""
SELECT to_jsonb(m) FROM pay.payment_method m WHERE env = :env AND customer_id = :customer ORDER BY id FOR NO KEY UPDATE
""")
CARD_NEWEST = text("""
SELECT id FROM pay.payment_method WHERE env = :env AND customer_id = :customer AND starts_with(id, 'card_')
   AND id <> :but ORDER BY created_at DESC, id DESC LIMIT 1
""")
CARDS_OF = """
SELECT row FROM (
  SELECT to_jsonb(m) AS row, row_number() OVER (PARTITION BY customer_id ORDER BY created_at DESC, id DESC) AS place
    FROM pay.payment_method m WHERE env = %s AND customer_id = ANY(%s) AND starts_with(id, 'card_')) newest
 WHERE place <= 11 ORDER BY place
"""
METHOD_READ = text("SELECT to_jsonb(m) FROM pay.payment_method m WHERE env = :env AND id = :id")
TAX_IDS_OF = """
SELECT row FROM (
  SELECT t.doc || jsonb_build_object('env', t.env, 'id', t.id, 'created_at', t.created_at, 'deleted_at', NULL) AS row,
         row_number() OVER (PARTITION BY customer_id ORDER BY created_at DESC, id DESC) AS place
    FROM pay.tax_id t WHERE env = %s AND customer_id = ANY(%s) AND deleted_at IS NULL) newest
 WHERE place <= 11 ORDER BY place
"""
TOKEN_GET = """
SELECT doc->>'payment_method' AS payment_method, doc->>'key' AS key FROM pay.token WHERE env = %s AND id = %s
"""
TOKEN_SPEND = """
INSERT INTO pay.token (env, id, doc, created_at) VALUES (%s, %s, %s::jsonb, %s) ON CONFLICT DO NOTHING
"""
CONFIRMATION_TOKEN_SPEND = """
UPDATE pay.confirmation_token SET doc = doc || %s::jsonb
 WHERE env = %s AND id = %s AND (doc->>'used' IS NULL OR doc->>'used' = %s OR doc->>'key' = %s)
"""
METHOD_FIND = keyset("""
SELECT to_jsonb(m) AS row FROM pay.payment_method m
 WHERE env = %(env)s AND customer_id = %(customer)s
""", "pay.payment_method", "m", filters={
    "type": "type = %(type)s", "prefix": "starts_with(id, %(prefix)s)", "redisplay": "allow_redisplay = %(redisplay)s"})
