"""A connection that dies while a commit is on its way: nobody knows, so nothing is run a second time (E7)."""

from pathlib import Path

import psycopg
import pytest

from backend.db import CommitUnknown
from backend.stack import roles
from tests import books
from tests.desk import desk
from tests.stack import Schema

COUNTED = "nextval('public.runs') + pg_terminate_backend(pg_backend_pid())::int"
"""A sequence counts what a rollback forgets; then the connection is gone."""


async def test_a_statement_whose_answer_was_lost_is_not_run_again(postgres: Schema, tmp_path: Path) -> None:
    async with desk(postgres, tmp_path) as one:
        url = one.runtime.settings.app_database_url
        with psycopg.connect(books.superuser(postgres.server, roles.Urls(url, url, url, url)), autocommit=True) as link:
            link.execute("CREATE SEQUENCE public.runs")
            link.execute("GRANT USAGE ON SEQUENCE public.runs TO PUBLIC")
            with pytest.raises(CommitUnknown):
                await one.runtime.db.call(one.ctx.env, COUNTED)
            assert link.execute("SELECT last_value, is_called FROM public.runs").fetchone() == (1, True)
