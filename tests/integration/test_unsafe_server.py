"""Live mode does not start on a PostgreSQL that may lose what it has acknowledged (money rule 22, invariant C8)."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from backend.stack import postgres, roles, sql, system_user
from backend.stack.places import Places
from backend.stack.postgres import Postgres
from backend.stack.start import bring_up
from tests.stack import DidNotStart, Stack, temporary_folder

UNSAFE = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
WHAT_TO_DO = {"fsync": "Set fsync = on.", "full_page_writes": "Set full_page_writes = on.",
              "synchronous_commit": "Set synchronous_commit = on", "data_checksums": "run 'pg_checksums --enable'"}


@contextmanager
def _theirs(**settings: str) -> Iterator[tuple[Postgres, str]]:
    """The operator's own server with these settings, and the URL of the database's owner."""
    with temporary_folder("theirs") as folder:
        places = Places(folder)
        places.prepare()
        server = Postgres(places)
        server.prepare()
        if settings:
            programs = postgres._binaries(server.user)
            subprocess.run([programs / "pg_checksums", "--disable", "-D", server.folder], check=True,
                           capture_output=True, cwd=server.folder, **system_user.arguments(server.user))
        child = server.child(settings)
        bring_up([child])
        try:
            with sql.connect(server.superuser_url) as link:
                link.execute("CREATE ROLE shop LOGIN CREATEROLE PASSWORD 'pw'")
                link.execute("CREATE DATABASE shop OWNER shop")
            yield server, server.url("shop", "pw", "shop")
        finally:
            child.stop()


def _refusal(stack: Stack) -> str:
    with pytest.raises(DidNotStart) as refused:
        stack.start()
    told = str(refused.value)
    assert "farthing: Live mode refuses to start: " in told
    return told


def test_each_unsafe_setting_is_named_with_what_to_do() -> None:
    with temporary_folder() as folder, _theirs(**UNSAFE) as (server, url):
        told = _refusal(Stack(folder, FARTHING_LIVE="true", DATABASE_URL=url))
        for name, advice in WHAT_TO_DO.items():
            assert f"PostgreSQL runs with {name} = off for shop, {roles.APP}, {roles.VAULT}: " in told
            assert advice in told
        with sql.connect(server.superuser_url.replace("/postgres?", "/shop?")) as link:
            assert link.execute("SELECT to_regnamespace('pay')").fetchone() == (None,), "it wrote there all the same"


def test_a_safe_server_is_not_blamed_and_a_role_of_its_own_way_is() -> None:
    with temporary_folder() as folder, _theirs() as (server, url):
        stack = Stack(folder, FARTHING_LIVE="true", DATABASE_URL=url)
        assert "PostgreSQL runs with" not in _refusal(stack)  # the sandbox network alone is what it refuses
        with sql.connect(server.superuser_url) as link:
            link.execute(f"ALTER ROLE {roles.APP} SET synchronous_commit = off")
        told = _refusal(stack)
        assert told.count("PostgreSQL runs with") == 1
        assert f"PostgreSQL runs with synchronous_commit = off for {roles.APP}: " in told
