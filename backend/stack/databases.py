"""PostgreSQL and Redis of one data folder: the embedded ones, or the operator's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from backend.config import Settings
from backend.stack import roles
from backend.stack.children import Child
from backend.stack.places import Places
from backend.stack.postgres import Postgres
from backend.stack.redis import Redis
from backend.stack.start import bring_up
from backend.stack.trouble import Trouble


@dataclass(frozen=True, slots=True)
class Databases:
    """What must run, and how to reach it once it runs."""

    places: Places
    postgres: Postgres | None
    redis: Redis | None
    settings: Settings

    def children(self) -> list[Child]:
        """The embedded servers, ready to be started."""
        return [server.child() for server in (self.postgres, self.redis) if server is not None]

    def connect(self) -> Settings:
        """Make the roles and return the settings with every address filled in."""
        given = self.settings
        if self.postgres is not None:
            urls = roles.embedded(self.postgres, self.places)
        else:
            urls = roles.operated(given.owner_database_url, {
                roles.APP: given.app_database_url, roles.VAULT: given.vault_database_url,
                roles.AUDITOR: given.auditor_database_url}, self.places)
        return given.model_copy(update={
            "data": self.places.data, "owner_database_url": urls.owner, "app_database_url": urls.app,
            "vault_database_url": urls.vault, "auditor_database_url": urls.auditor,
            "redis_url": self.redis.url if self.redis is not None else given.redis_url})


def plan(settings: Settings, places: Places) -> Databases:
    """Choose embedded or given servers; makes the embedded database folder on the first start."""
    if not settings.owner_database_url and (settings.app_database_url or settings.vault_database_url):
        raise Trouble("APP_DATABASE_URL or VAULT_DATABASE_URL is set without DATABASE_URL: set DATABASE_URL to the "
                      "owner's address as well, or unset them all to use the embedded PostgreSQL.")
    postgres = None if settings.owner_database_url else Postgres(places, settings.backup,
                                                                 settings.archive_timeout_seconds)
    redis = None if settings.redis_url else Redis(places)
    if postgres is not None:
        postgres.prepare()
    return Databases(places, postgres, redis, settings)


@contextmanager
def running(settings: Settings, places: Places) -> Iterator[Settings]:
    """PostgreSQL for the length of a block, for commands that need nothing else; Redis holds nothing that they read."""
    databases = replace(plan(settings, places), redis=None)
    children = databases.children()
    try:
        bring_up(children)
        yield databases.connect()
    finally:
        for child in reversed(children):
            child.stop()
