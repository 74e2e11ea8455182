"""Alembic's entry: one transaction for each revision, through psycopg, as the schema's owner."""

import psycopg
from alembic import context
from sqlalchemy import create_engine, pool

from backend.migrations import foreign_keys

url = context.config.attributes["url"]
engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=pool.NullPool)

SESSION = (
    # Whoever waits for a lock holds up all who come after. A deadlock with a payment ends on our side, too: this is
    # shorter than the second after which PostgreSQL would choose one of the two.
    "SET lock_timeout = '400ms'",
    # The owner is bound by the tenants' policies, which want an environment: in none of them is a single row.
    "SET app.env = '0'",
    # Two starting processes migrate one by one. Given back with the connection, for a revision ends its transaction.
    "SELECT pg_advisory_lock(8420)",
    "CREATE SCHEMA IF NOT EXISTS core",
)

with engine.connect() as connection:
    for statement in SESSION:
        connection.exec_driver_sql(statement)
    connection.commit()
    checked = foreign_keys.Checked(connection)
    context.configure(connection=connection, target_metadata=None, version_table_schema="core",
                      transaction_per_migration=True, on_version_apply=checked.step)
    with context.begin_transaction():
        context.run_migrations()
