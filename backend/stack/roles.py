"""The four database roles and who may log in as which (security rule 12): owner, app, vault, auditor."""

from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from backend.stack import sql
from backend.stack.places import Places
from backend.stack.postgres import REPLICATOR, Postgres
from backend.stack.trouble import Trouble

OWNER, APP, VAULT, AUDITOR = "farthing_owner", "farthing_app", "farthing_vault", "farthing_auditor"
DATABASE = "farthing"
VERSION_MIN = 170000  # transaction_timeout came with PostgreSQL 17
_NEVER = "0"
_MAKE_THEM = "make them yourself and set APP_DATABASE_URL, VAULT_DATABASE_URL and AUDITOR_DATABASE_URL"
LIMITS = {
    # A migration may take its time, but must not queue every payment behind a lock it waits for.
    OWNER: {"lock_timeout": "10s", "statement_timeout": _NEVER, "idle_in_transaction_session_timeout": "10min",
            "transaction_timeout": _NEVER},
    APP: {"lock_timeout": "5s", "statement_timeout": "30s", "idle_in_transaction_session_timeout": "15s",
          "transaction_timeout": "60s"},
    VAULT: {"lock_timeout": "2s", "statement_timeout": "5s", "idle_in_transaction_session_timeout": "5s",
            "transaction_timeout": "10s"},
    AUDITOR: {"lock_timeout": "2s", "statement_timeout": "10min", "idle_in_transaction_session_timeout": "1min",
              "transaction_timeout": "15min"},
}


@dataclass(frozen=True, slots=True)
class Urls:
    """One libpq URI per role; `repr` shows none of them, for they hold passwords."""

    owner: str
    app: str
    vault: str
    auditor: str

    def __repr__(self) -> str:
        return "Urls(…)"


def embedded(server: Postgres, places: Places) -> Urls:
    """Make roles and database in the embedded server, on every start: that also heals a lost password file."""
    with sql.connect(server.superuser_url) as link:
        for role, limits in LIMITS.items():
            sql.put_role(link, role, places.password(role), limits)
            sql.forbid_powers(link, role)
        sql.make_read_only(link, AUDITOR)
        sql.put_replicator(link, REPLICATOR, places.password(REPLICATOR))
        sql.put_database(link, DATABASE, OWNER)
        sql.admit_only(link, DATABASE, list(LIMITS))
    return Urls(*(server.url(role, places.password(role), DATABASE) for role in (OWNER, APP, VAULT, AUDITOR)))


def operated(owner_url: str, given: dict[str, str], places: Places) -> Urls:
    """The URLs for the operator's own server: `owner_url` is the owner's; roles that were not given are made.

    `given` maps farthing_app, farthing_vault and farthing_auditor to a URL or "".
    """
    for role, url in given.items():
        if url and user_of(url) != role:
            raise Trouble(f"The URL given for {role} names the user {user_of(url) or '(none)'}: the grants of the "
                          f"schema are made to {role}, so it must log in as {role}.")
    missing = [role for role in (APP, VAULT, AUDITOR) if not given.get(role)]
    try:
        with sql.connect(owner_url) as link:
            facts = sql.facts(link)
            _require_safe(facts)
            if missing and not facts["creates_roles"]:
                raise Trouble(f"The user {facts['user']} of DATABASE_URL may not create the roles "
                              f"{', '.join(missing)}: run 'ALTER ROLE {facts['user']} CREATEROLE', or {_MAKE_THEM}.")
            _make(link, missing, places)
    except sql.Forbidden as error:
        raise Trouble(f"The roles {', '.join(missing)} exist already and the user of DATABASE_URL may not change them: "
                      f"{_MAKE_THEM}.") from error
    except sql.DatabaseError as error:
        raise Trouble(f"DATABASE_URL does not work: {' '.join(str(error).split())}") from error
    urls = (given.get(role) or with_user(owner_url, role, places.password(role)) for role in (APP, VAULT, AUDITOR))
    return Urls(owner_url, *urls)


def _make(link: sql.Connection, missing: list[str], places: Places) -> None:
    for role in missing:
        sql.put_role(link, role, places.password(role), LIMITS[role])
        if role == AUDITOR:
            sql.make_read_only(link, role)


def _require_safe(facts: dict[str, object]) -> None:
    user = facts["user"]
    if facts["superuser"] or facts["bypasses_rls"]:
        raise Trouble(f"The user {user} of DATABASE_URL is a superuser or has BYPASSRLS, so row-level security would "
                      "not protect merchants from each other: give a plain role that owns the database and has "
                      "CREATEROLE.")
    version = facts["version"]
    if isinstance(version, int) and version < VERSION_MIN:
        raise Trouble(f"DATABASE_URL leads to PostgreSQL {version // 10000}; at least {VERSION_MIN // 10000} is "
                      "needed.")


def user_of(url: str) -> str:
    """The user named by a libpq URI."""
    return unquote(urlsplit(url).username or "")


def with_user(url: str, user: str, password: str) -> str:
    """The same server and database for another user."""
    parts = urlsplit(url)
    address = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(user)}:{quote(password)}@{address}"))
