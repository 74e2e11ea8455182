"""Checkout sessions of before the catalogue outlive the revision that brought payment links."""

import psycopg

from backend import migrations
from tests.stack import bare_database

WORLD = """
INSERT INTO core.account(id, name) VALUES ('acct_1', 'One');
INSERT INTO core.environment(account_id, mode) VALUES ('acct_1', 'test');
"""


def test_rows_of_before_stay_and_an_older_process_still_writes() -> None:
    with bare_database() as schema:
        urls = schema.fresh("template0")
        migrations.upgrade(urls.owner, "catalogue")
        with psycopg.connect(urls.owner, autocommit=True) as owner:
            owner.execute(WORLD)
            owner.execute("SELECT set_config('app.env', '1', false)")
            write(owner, "cs_1")
        migrations.upgrade(urls.owner)
        with psycopg.connect(urls.app, autocommit=True) as app:
            app.execute("SELECT set_config('app.env', '1', false)")
            write(app, "cs_2")
            found = app.execute("SELECT amount_total, amount_subtotal, discount, tries FROM pay.checkout_session")
            assert found.fetchall() == [(1000, None, None, None)] * 2
            assert app.execute("SELECT amount_total FROM pay.checkout_line_item").fetchall() == [(1000,)] * 2


def write(link: psycopg.Connection, id: str) -> None:
    """A session and its line as a process of before the revision writes them: whole records, nothing of the new."""
    link.execute("""INSERT INTO pay.checkout_session(env, id, status, currency, amount_total, success_url, created_at,
                    expires_at) VALUES (1, %s, 'open', 'usd', 1000, 'https://a.example', now(), now())""", (id,))
    link.execute("""INSERT INTO pay.checkout_line_item SELECT (jsonb_populate_record(NULL::pay.checkout_line_item,
                    jsonb_build_object('env', 1, 'session_id', %s::text, 'seq', 0, 'id', 'li_' || %s, 'price_id', 'p',
                    'product_id', 'p', 'name', 'Tea', 'images', '[]'::jsonb, 'quantity', 2, 'unit_amount', 500,
                    'currency', 'usd', 'amount_total', 1000, 'created_at', now()))).*""", (id, id))
