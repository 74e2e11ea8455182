"""The operator's own PostgreSQL instead of the embedded one, and places where a database is hard to keep."""

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.stack import roles, sql, system_user
from backend.stack.places import Places
from backend.stack.postgres import Postgres
from backend.stack.start import bring_up
from backend.stack.trouble import Trouble, from_os
from tests.stack import temporary_folder

NOBODY = {roles.APP: "", roles.VAULT: "", roles.AUDITOR: ""}


@pytest.fixture(scope="module")
def theirs() -> Iterator[Postgres]:
    """A PostgreSQL that knows nothing of us: it plays the operator's own."""
    with temporary_folder("theirs") as folder:
        places = Places(folder)
        places.prepare()
        server = Postgres(places)
        server.prepare()
        child = server.child()
        bring_up([child])
        yield server
        child.stop()


@pytest.fixture
def ours() -> Iterator[Places]:
    """A data folder without an embedded server."""
    with temporary_folder("ours") as folder:
        places = Places(folder)
        places.prepare()
        yield places


def _owner(server: Postgres, name: str, powers: str) -> str:
    with sql.connect(server.superuser_url) as link:
        link.execute(f"CREATE ROLE {name} LOGIN {powers} PASSWORD 'pw'")
        link.execute(f"CREATE DATABASE {name} OWNER {name}")
    return server.url(name, "pw", name)


def test_missing_roles_are_made_in_the_operators_database(theirs: Postgres, ours: Places) -> None:
    urls = roles.operated(_owner(theirs, "shop", "CREATEROLE"), NOBODY, ours)
    assert [roles.user_of(url) for url in (urls.owner, urls.app, urls.vault, urls.auditor)] == [
        "shop", roles.APP, roles.VAULT, roles.AUDITOR]
    for url in (urls.app, urls.vault, urls.auditor):
        with sql.connect(url) as link:
            assert not sql.facts(link)["superuser"]
    again = roles.operated(urls.owner, NOBODY, ours)
    assert (again.app, again.vault, again.auditor) == (urls.app, urls.vault, urls.auditor)


def test_an_owner_that_may_not_create_roles_is_told_what_to_do(theirs: Postgres, ours: Places) -> None:
    with pytest.raises(Trouble, match="may not create the roles farthing_app, farthing_vault, farthing_auditor: run "
                                      "'ALTER ROLE poor CREATEROLE'"):
        roles.operated(_owner(theirs, "poor", ""), NOBODY, ours)


@pytest.mark.parametrize(("name", "powers"), [("mighty", "SUPERUSER"), ("sneaky", "BYPASSRLS")])
def test_an_owner_above_row_level_security_is_refused(theirs: Postgres, ours: Places, name: str, powers: str) -> None:
    with pytest.raises(Trouble, match="row-level security would not protect merchants"):
        roles.operated(_owner(theirs, name, powers), NOBODY, ours)


def test_a_given_url_must_name_the_role_that_the_grants_are_made_to(theirs: Postgres, ours: Places) -> None:
    owner = _owner(theirs, "giver", "CREATEROLE")
    with pytest.raises(Trouble, match="names the user giver"):
        roles.operated(owner, NOBODY | {roles.APP: owner}, ours)


def test_roles_that_belong_to_another_owner_are_not_taken_over(theirs: Postgres, ours: Places) -> None:
    if not _has_roles(theirs):
        roles.operated(_owner(theirs, "first", "CREATEROLE"), NOBODY, ours)
    with pytest.raises(Trouble, match=r"exist already and the user of DATABASE_URL may not change them: make them "):
        roles.operated(_owner(theirs, "second", "CREATEROLE"), NOBODY, ours)


def _has_roles(server: Postgres) -> bool:
    with sql.connect(server.superuser_url) as link:
        return sql.has_role(link, roles.APP)


def test_an_address_where_nobody_answers_is_one_sentence(ours: Places) -> None:
    with pytest.raises(Trouble, match=r"^DATABASE_URL does not work: ") as refused:
        roles.operated("postgresql://a:b@127.0.0.1:1/x", NOBODY, ours)
    assert "\n" not in str(refused.value)


def test_no_password_shows_in_what_is_printed_of_the_urls() -> None:
    assert "pw" not in repr(roles.Urls("postgresql://a:pw@/b", "", "", ""))


def test_a_long_path_still_gives_short_socket_paths() -> None:
    places = Places(Path("/srv") / ("very-long-name-" * 12) / "data")
    folder = places.socket_folder("postgres")
    assert len(os.fsencode(folder / ".s.PGSQL.5432")) < 104
    assert folder != Places(Path("/srv/other") / ("very-long-name-" * 12)).socket_folder("postgres")


def test_a_database_runs_from_a_folder_with_a_long_path() -> None:
    with temporary_folder("a-folder-with-a-name-that-is-far-too-long-for-the-path-of-a-unix-socket-" * 2) as folder:
        places = Places(folder)
        places.prepare()
        server = Postgres(places)
        server.prepare()
        child = server.child()
        bring_up([child])
        with sql.connect(server.superuser_url) as link:
            assert sql.facts(link)["user"] == "postgres"
        child.stop()
        server.socket_folder.rmdir()


def test_a_database_runs_below_a_folder_that_nobody_else_may_enter() -> None:
    with temporary_folder("closed") as closed:
        closed.mkdir(mode=0o700)
        places = Places(closed / "data")
        places.prepare()
        server = Postgres(places)
        server.prepare()
        child = server.child()
        bring_up([child])
        with sql.connect(server.superuser_url) as link:
            assert sql.facts(link)["user"] == "postgres"
        child.stop()
        again = Postgres(places)
        assert (again.folder, again.prepare()) == (server.folder, False)
        if server.folder.is_relative_to(system_user.SHELTER):
            shutil.rmtree(server.folder.parent)
        if server.socket_folder.is_relative_to(system_user.SHELTER):
            shutil.rmtree(server.socket_folder.parent)


def test_a_full_disk_is_one_sentence() -> None:
    with pytest.raises(OSError, match="No space left") as full, open("/dev/full", "wb", buffering=0) as device:
        device.write(b"x")
    assert full.value.errno == errno.ENOSPC
    assert str(from_os(full.value, Path("/srv/data"))) == (
        "The disk that holds /srv/data is full: free some space, or point FARTHING_DATA elsewhere.")


@pytest.mark.parametrize(("mode", "owner", "enters"), [
    (0o700, (0, 0), False), (0o711, (0, 0), True), (0o700, (77, 0), True), (0o610, (0, 78), True),
    (0o677, (77, 0), False)])
def test_whether_another_user_may_pass_a_folder(mode: int, owner: tuple[int, int], enters: bool) -> None:
    found = os.stat_result((stat.S_IFDIR | mode, 1, 1, 1, *owner, 0, 0, 0, 0))
    assert system_user._may_pass(found, (77, 78)) is enters
