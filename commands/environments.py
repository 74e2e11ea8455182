"""`farthing environment`: test, live, and sandboxes by name."""

from typing import Annotated

import typer

from backend.accounts import accounts, environments
from backend.db import Connection
from commands import command
from commands.command import Account, Json, Row

app = typer.Typer(no_args_is_help=True, help="Environments: nothing of one can be seen or used in another. They stay: "
                                             "a ledger has no delete.")
Word = Annotated[str, typer.Argument(metavar="NAME", help="test, live, or the name of a new sandbox.")]


@app.command()
def create(account: Account, name: Word, json: Json = False) -> None:
    """Add an environment: `live`, or a sandbox by any other name. `test` is there from the start."""
    async def work(tx: Connection) -> Row:
        found = await accounts.get(tx, account)
        mode, called = environments.mode_of(name)
        await environments.create(tx, found["id"], mode, called)
        return {"account": found["id"], "mode": mode, "name": called}

    command.show(command.run(work), json)


@app.command("list")
def find(account: Account, json: Json = False) -> None:
    """The environments of an account."""
    async def work(tx: Connection) -> list[Row]:
        return await environments.find(tx, (await accounts.get(tx, account))["id"])

    command.show([{name: row[name] for name in ("mode", "name", "created_at")} for row in command.run(work)], json)
