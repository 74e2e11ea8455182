"""Statements of customers and payment methods."""

from sqlalchemy import text

from backend.pages import keyset
from backend.search import Field, Searchable

CUSTOMER_INSERT = text("""
INSERT INTO pay.customer SELECT r.* FROM jsonb_populate_record(NULL::pay.customer, CAST(:row AS jsonb)) r
""")
CUSTOMER_LOCK = text("""
SELECT to_jsonb(c) FROM pay.customer c WHERE env = :env AND id = :id AND deleted_at IS NULL FOR NO KEY UPDATE
""")
CUSTOMER_GET = "SELECT to_jsonb(c) AS row FROM pay.customer c WHERE env = %s AND id = %s"
CUSTOMERS = "SELECT to_jsonb(c) AS row FROM pay.customer c WHERE env = %s AND id = ANY(%s)"
CUSTOMER_SAVE = text("""
UPDATE pay.customer c
   SET (email, name, phone, description, address, shipping, metadata, preferred_locales, deleted_at) =
  (SELECT n.email, n.name, n.phone, n.description, n.address, n.shipping, n.metadata, n.preferred_locales, n.deleted_at
     FROM jsonb_populate_record(NULL::pay.customer, CAST(:row AS jsonb)) n)
 WHERE env = :env AND id = :id
""")
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
METHOD_SAVE = text("""
UPDATE pay.payment_method SET customer_id = :customer, detached_at = :detached_at,
  allow_redisplay = :redisplay, billing_details = CAST(:billing AS jsonb), metadata = CAST(:metadata AS jsonb)
 WHERE env = :env AND id = :id
""")
METHOD_FIND = keyset("""
SELECT to_jsonb(m) AS row FROM pay.payment_method m
 WHERE env = %(env)s AND customer_id = %(customer)s
""", "pay.payment_method", "m")
