"""The one wrapper of the commands: settings, one transaction of the operator's, tables for people, or JSON."""

import asyncio
import json
import os
import pwd
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

import typer

from backend import logs
from backend.config import Settings
from backend.context import Runtime
from backend.db import Connection, Database, away
from backend.stack.places import Places
from backend.stack.reach import reached
from backend.stack.trouble import Trouble

Row = dict[str, Any]
T = TypeVar("T")
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON, for programs.")]
Account = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Its id (acct_…), or its name.")]
Environment = Annotated[str, typer.Option("--environment", "-e", metavar="NAME",
                                          help="test, live, or the name of a sandbox.")]


def settings() -> Settings:
    """What the environment and `.env` say; raises Trouble that names the setting which cannot be used."""
    from dotenv import load_dotenv
    from pydantic import ValidationError

    load_dotenv(".env")
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = first["loc"][0] if first["loc"] else "a setting"
        raise Trouble(f"The setting {name} cannot be used ({first['msg']}): correct it in the environment "
                      "or in .env.") from error


def actor() -> str:
    """Who stands behind a command, for the audit trail: the user of the operating system, whatever USER says."""
    try:
        return f"cli:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:
        return f"cli:{os.getuid()}"


def run(work: Callable[[Connection], Awaitable[T]]) -> T:
    """Do `work` in one transaction, on the stack that runs or on its databases alone: all of it or nothing."""
    with reached(settings()) as connected:
        return asyncio.run(within(connected, work))


async def within(connected: Settings, work: Callable[[Connection], Awaitable[T]]) -> T:
    """Do `work` in one transaction of the operator's on databases that are up."""
    db = Database(connected.app_database_url, pool_size=2, name="farthing-cli")
    try:
        async with db.everywhere(actor=actor()) as tx:
            return await work(tx)
    except Exception as error:
        if away(error):
            raise Trouble("The database cannot be reached just now, and nothing was changed: run it again.") from error
        raise
    finally:
        await db.close()


def act(work: Callable[[Runtime], Awaitable[T]]) -> T:
    """Do `work` with the parts that a worker has, so that it may ask the vault as well. It commits as it goes, and what
    it logs stands in `logs/operator.log`."""
    from backend import runtime  # slow to import, and not needed by most commands

    async def acting() -> T:
        try:
            async with runtime.opened(connected, "operator") as opened:
                return await work(opened)
        except Exception as error:
            if away(error):
                raise Trouble("The database cannot be reached just now: look what was done, then go on.") from error
            raise

    with reached(settings()) as connected, \
            logs.to_file(Places(connected.data).log("operator"), connected.log_level):
        return asyncio.run(acting())


def say(text: str) -> None:
    """A line for people."""
    typer.echo(text)


def show(found: Row | Sequence[Row], as_json: bool) -> None:
    """One row as a list of its fields, many as a table; or the same as JSON, with moments in ISO 8601."""
    if as_json:
        typer.echo(json.dumps(found, indent=2, default=_plain, ensure_ascii=False))
    elif isinstance(found, dict):
        wide = max(map(len, found))
        for name, value in found.items():
            typer.echo(f"{name.replace('_', ' '):<{wide}}  {_word(value)}".rstrip())
    elif found:
        head = [name.replace("_", " ") for name in found[0]]
        _table([head, *([_word(one) for one in row.values()] for row in found)])
    else:
        typer.echo("None.")


def _table(lines: list[list[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        typer.echo("  ".join(f"{word:<{width}}" for word, width in zip(line, widths, strict=True)).rstrip())


def _plain(value: Any) -> str:
    assert isinstance(value, datetime), value
    return value.isoformat()


def _word(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "–"
    if isinstance(value, dict):
        return ", ".join(f"{name}={level}" for name, level in value.items()) or "–"
    return "–" if value in (None, "") else str(value)
