"""`farthing vault`: the keys under which cards lie. What it does is the vault's own business and handed in."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import typer

from backend.accounts import accounts, environments
from backend.config import Settings
from backend.db import Connection
from backend.stack.reach import reached
from commands import command
from commands.command import Json, Row

Rotate = Callable[[Settings, Sequence[int]], Coroutine[Any, Any, dict[int, int]]]


def create(rotate: Rotate) -> typer.Typer:
    """The commands, with the verb that only the vault may run."""
    app = typer.Typer(no_args_is_help=True, help="The keys under which card and account numbers lie.")

    @app.callback()
    def _group() -> None:
        """The keys under which card and account numbers lie."""

    @app.command("rotate")
    def rotated(json: Json = False) -> None:
        """Make a new data key for every environment, move every number under it, destroy the old keys."""
        async def work(tx: Connection) -> list[Row]:
            return [{"account": found["name"], **one} for found in await accounts.find(tx)
                    for one in await environments.find(tx, found["id"])]

        with reached(command.settings()) as connected:
            there = asyncio.run(command.within(connected, work))
            moved = asyncio.run(rotate(connected, [one["env"] for one in there]))
        command.show([{"account": one["account"], "environment": one["name"] or one["mode"], "moved": moved[one["env"]]}
                      for one in there if one["env"] in moved], json)

    return app
