"""Every statement with which the stack prepares a PostgreSQL server: roles, their limits, the database."""

from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

Connection = psycopg.Connection[Any]
DatabaseError = psycopg.Error
Forbidden = psycopg.errors.InsufficientPrivilege

_LIMITS = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout", "transaction_timeout")
_FACTS = "SELECT current_user, rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user"
_DATABASE = "SELECT 1 FROM pg_database WHERE datname = %s"
_ROLE = "SELECT 1 FROM pg_roles WHERE rolname = %s"


def connect(url: str) -> Connection:
    """A connection that commits each statement; raises DatabaseError when the server refuses us."""
    return psycopg.connect(url, autocommit=True, connect_timeout=10)


def facts(link: Connection) -> dict[str, Any]:
    """Who we are there: user, superuser, bypasses_rls, creates_roles, version (such as 180004)."""
    row = link.execute(_FACTS).fetchone()
    assert row is not None
    names = ("user", "superuser", "bypasses_rls", "creates_roles")
    return dict(zip(names, row, strict=True)) | {"version": link.info.server_version}


def has_role(link: Connection, role: str) -> bool:
    return link.execute(_ROLE, (role,)).fetchone() is not None


def put_role(link: Connection, role: str, password: str, limits: dict[str, str]) -> None:
    """Create the role or bring it up to date. The password leaves this process only as its scram verifier."""
    _put_login(link, role, password)
    for limit in _LIMITS:
        link.execute(sql.SQL("ALTER ROLE {} SET {} = {}").format(
            sql.Identifier(role), sql.Identifier(limit), sql.Literal(limits[limit])))


def _put_login(link: Connection, role: str, password: str) -> None:
    name = sql.Identifier(role)
    if not has_role(link, role):
        link.execute(sql.SQL("CREATE ROLE {} LOGIN").format(name))
    verifier = link.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    link.execute(sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(name, sql.Literal(verifier)))


def put_replicator(link: Connection, role: str, password: str) -> None:
    """The role that takes base backups, and can do nothing else; needs a superuser."""
    _put_login(link, role, password)
    link.execute(sql.SQL("ALTER ROLE {} REPLICATION NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE").format(
        sql.Identifier(role)))


def last_replayed(link: Connection) -> datetime | None:
    """When the last transaction was committed that a recovery has brought back; None when it replayed none."""
    row = link.execute("SELECT pg_last_xact_replay_timestamp()").fetchone()
    return row[0] if row else None


def forbid_powers(link: Connection, role: str) -> None:
    """Take from the role what would let it step around row-level security; needs a superuser."""
    link.execute(sql.SQL("ALTER ROLE {} NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION").format(
        sql.Identifier(role)))


def put_database(link: Connection, name: str, owner: str) -> None:
    """Create the database when it is missing."""
    if link.execute(_DATABASE, (name,)).fetchone() is None:
        link.execute(sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'").format(
            sql.Identifier(name), sql.Identifier(owner)))


def admit_only(link: Connection, database: str, roles: list[str]) -> None:
    """Nobody but these roles may connect to the database."""
    link.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(database)))
    link.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(
        sql.Identifier(database), sql.SQL(", ").join(map(sql.Identifier, roles))))


def make_read_only(link: Connection, role: str) -> None:
    """Every transaction of the role begins read only."""
    link.execute(sql.SQL("ALTER ROLE {} SET default_transaction_read_only = on").format(sql.Identifier(role)))


def archiving_failed(link: Connection) -> str | None:
    """The log file that cannot be archived, when the last try failed."""
    row = link.execute("SELECT last_failed_wal FROM pg_stat_archiver WHERE last_failed_time > "
                       "coalesce(last_archived_time, '-infinity')").fetchone()
    return row[0] if row else None


def settings_off(link: Connection, names: list[str]) -> list[str]:
    """Which of these server settings are off in this session: for its user, its database, or for everybody."""
    return [name for (name,) in link.execute(
        "SELECT name FROM pg_settings WHERE name = ANY (%s) AND setting = 'off' ORDER BY name", (names,)).fetchall()]
