"""`farthing account`: who takes payments here."""

from typing import Annotated

import typer

from backend.accounts import accounts, environments, members
from backend.db import Connection
from commands import command
from commands.command import Account, Json, Row

app = typer.Typer(no_args_is_help=True, help="Merchants: an account has environments, members and keys.")
Name = Annotated[str, typer.Argument(metavar="NAME", help="What shoppers read on its pages.")]


@app.command()
def create(name: Name, json: Json = False,
           country: Annotated[str, typer.Option(help="Two letters, such as US.")] = "US",
           currency: Annotated[str | None, typer.Option(help="Three letters, such as usd; the country's own when "
                                                             "not given.")] = None) -> None:
    """Make an account with its test environment."""
    async def work(tx: Connection) -> Row:
        return await accounts.get(tx, await accounts.create(tx, name, country=country, currency=currency))

    command.show(command.run(work), json)


@app.command("list")
def find(json: Json = False) -> None:
    """All accounts."""
    command.show(command.run(accounts.find), json)


@app.command()
def show(account: Account, json: Json = False) -> None:
    """One account with its environments and members."""
    async def work(tx: Connection) -> Row:
        found = await accounts.get(tx, account)
        there = [row["name"] or row["mode"] for row in await environments.find(tx, found["id"])]
        people = [f"{row['email']} ({row['role']})" for row in await members.find(tx, found["id"])]
        return {**found, "environments": there, "members": people}

    command.show(command.run(work), json)


@app.command()
def rename(account: Account, name: Name, json: Json = False) -> None:
    """Give an account another name."""
    async def work(tx: Connection) -> Row:
        id = (await accounts.get(tx, account))["id"]
        await accounts.rename(tx, id, name)
        return await accounts.get(tx, id)

    command.show(command.run(work), json)
