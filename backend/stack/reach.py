"""The databases for the length of a command: those of a stack that runs, or started for it alone."""

from collections.abc import Iterator
from contextlib import contextmanager

from backend.config import Settings
from backend.stack import databases, roles, run
from backend.stack.places import Places
from backend.stack.postgres import Postgres


@contextmanager
def reached(settings: Settings) -> Iterator[Settings]:
    """The settings with every database address filled in, while those databases are up and have the newest schema."""
    places = Places(settings.data)
    if run.runs(places):
        yield _of_the_running(settings, places)
        return
    with run.alone(settings) as prepared, databases.running(settings, prepared) as connected:
        run.migrate(connected)
        yield connected


def _of_the_running(settings: Settings, places: Places) -> Settings:
    server = None if settings.owner_database_url else Postgres(places)

    def address(role: str, given: str) -> str:
        if server is not None:
            return server.url(role, places.password(role), roles.DATABASE)
        return given or roles.with_user(settings.owner_database_url, role, places.password(role))

    return settings.model_copy(update={
        "data": places.data,
        "owner_database_url": settings.owner_database_url or address(roles.OWNER, ""),
        "app_database_url": address(roles.APP, settings.app_database_url),
        "auditor_database_url": address(roles.AUDITOR, settings.auditor_database_url),
        "vault_database_url": address(roles.VAULT, settings.vault_database_url)})
