"""Fixtures that are dear to make: the running stack and the bare database, each made once per session."""

from collections.abc import Iterator

import pytest

from tests.stack import Schema, Stack, temporary_folder


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Everything, as `make run` starts it, on free ports. Tests share it: kill its parts only where that is said."""
    with temporary_folder() as folder:
        running = Stack(folder)
        try:
            running.start()
            yield running
        finally:
            running.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Schema]:
    """An embedded PostgreSQL with the newest schema: `.urls` to share, `.fresh()` for an empty database."""
    with temporary_folder() as folder:
        schema = Schema(folder)
        try:
            schema.start()
            yield schema
        finally:
            schema.child.stop()
