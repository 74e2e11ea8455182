"""`farthing environment`: test, live, and sandboxes by name."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from backend.accounts import accounts, clocks, environments
from backend.clock import SystemClock
from backend.db import Connection
from backend.errors import InvalidRequest
from backend.exchanges import business_time
from commands import command
from commands.command import Account, Json, Row

app = typer.Typer(no_args_is_help=True, help="Environments: nothing of one can be seen or used in another. They stay: "
                                             "a ledger has no delete.")


class Wish(StrEnum):
    """A switch."""

    ON = "on"
    OFF = "off"


Word = Annotated[str, typer.Argument(metavar="NAME", help="test, live, or the name of a new sandbox.")]

Moment = Annotated[str, typer.Argument(metavar="[MOMENT]", help="2027-01-31T12:00:00Z, later than the clock says; "
                                                                "without it the clock is only shown.")]


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


@app.command()
def clock(account: Account, name: Annotated[str, typer.Argument(metavar="NAME", help="test, or a sandbox.")],
          moment: Moment = "", json: Json = False) -> None:
    """Show or set the clock of a test environment: what is due by then happens within seconds."""
    async def work(tx: Connection) -> Row:
        env, now = await environments.named(tx, (await accounts.get(tx, account))["id"], name), SystemClock().now()
        if moment:
            await business_time.move(tx, env, now, _moment(moment))
        return {"clock": await clocks.read(tx, env, now)}

    command.show(command.run(work), json)


@app.command()
def receipts(account: Account,
             name: Annotated[str, typer.Argument(metavar="NAME", help="test, live, or a sandbox.")],
             wish: Annotated[Wish, typer.Argument(metavar="on|off")], json: Json = False) -> None:
    """Whether shoppers get a receipt at the address that they gave at the checkout (a `receipt_email` always gets one).
    """
    async def work(tx: Connection) -> Row:
        env = await environments.named(tx, (await accounts.get(tx, account))["id"], name)
        await environments.set_receipts(tx, env, wish == Wish.ON)
        return {"receipts": wish.value}

    command.show(command.run(work), json)


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidRequest("Write a moment as 2027-01-31T12:00:00Z.", param="moment") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
