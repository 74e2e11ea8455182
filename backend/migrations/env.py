"""Alembic's entry: one transaction for the whole upgrade, through psycopg, as the schema's owner."""

import psycopg
from alembic import context
from sqlalchemy import create_engine, pool

url = context.config.attributes["url"]
engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=pool.NullPool)

with engine.begin() as connection:
    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(8420)")  # two starting processes migrate one by one
    context.configure(connection=connection, target_metadata=None, version_table_schema="core")
    connection.exec_driver_sql("CREATE SCHEMA IF NOT EXISTS core")
    with context.begin_transaction():
        context.run_migrations()
