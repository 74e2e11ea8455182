"""Fixtures that are dear to make: the running stack and the bare database, each made once per session."""

import gc
import os
import sys
from collections.abc import Generator, Iterator
from functools import cache

import httpcore2
import psycopg
import pytest

from tests.longest import LONGEST
from tests.stack import Schema, Stack, bare_database, running

# What was compiled is kept, whatever the shell says: else each of some hundred processes compiles everything anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A client reads the system's certificate authorities when it is made, for 50 ms: here once a process, for all of them.
httpcore2.default_ssl_context = cache(httpcore2.default_ssl_context)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None]:
    """What is loaded and collected stays to the end: nobody looks through it for garbage, now or later."""
    gc.disable()
    yield
    gc.freeze()
    gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first: those that run side by side then end together."""
    place = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda one: place.get(one.nodeid.partition("::")[0], len(place)))


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Everything, as `make run` starts it, on free ports. Tests share it: kill its parts only where that is said."""
    with running() as made:
        yield made


@pytest.fixture(scope="session")
def postgres() -> Iterator[Schema]:
    """An embedded PostgreSQL with the newest schema: `.urls` to share, `.fresh()` for an empty database."""
    with bare_database() as made:
        yield made


@pytest.fixture(scope="module")
def no_tries(stack: Stack) -> None:
    """Nobody has tried to sign in yet: all tests together would try more often than one address may."""
    with psycopg.connect(stack.urls.owner) as link:
        link.execute("DELETE FROM core.tally")
