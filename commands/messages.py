"""`farthing message`: what was sent to an acquirer and waits for a person."""

from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from backend.accounts import environments
from backend.context import Context, Runtime
from backend.exchanges.rows import Attempt
from backend.reconciliation import persons
from commands import command
from commands.command import Json, Row

app = typer.Typer(no_args_is_help=True, help="Messages to acquirers that wait for a person: nobody answers, or the "
                                             "answer cannot be. Until they are settled their money stays held.")
_KEPT = "It is kept for good: name no shopper."
Message = Annotated[str, typer.Argument(metavar="MESSAGE", help="Its id, as `message list` shows it.")]


@app.command("list")
def find(json: Json = False) -> None:
    """Every message that waits for a person, and why."""
    async def work(runtime: Runtime) -> list[Row]:
        return await persons.shown(runtime, await persons.find(runtime.settings.auditor_database_url))

    command.show(command.act(work), json)


@app.command()
def show(message: Message, json: Json = False) -> None:
    """One message with all that is known of it."""
    async def work(ctx: Context, attempt: Attempt) -> Attempt:
        return attempt

    _do(message, work, json)


@app.command()
def ask(message: Message, json: Json = False) -> None:
    """Ask its acquirer again, now."""
    _do(message, persons.ask, json)


@app.command()
def approved(message: Message,
             reference: Annotated[str, typer.Option(metavar="REFERENCE", help="The acquirer's own, of this message.")],
             because: Annotated[str, typer.Option(metavar="TEXT", help=f"Who said so, when and how. {_KEPT}")],
             json: Json = False) -> None:
    """Settle it as done: the acquirer said so by other means."""
    async def work(ctx: Context, attempt: Attempt) -> Attempt:
        return await persons.approved(ctx, attempt, reference, because)

    _do(message, work, json)


@app.command()
def not_done(message: Message, in_writing: Annotated[str | None, typer.Option(
        "--i-have-it-in-writing", metavar="TEXT", help="Who wrote that it was not done and never will be, when, and "
                                                       f"where that lies. {_KEPT}")] = None,
             json: Json = False) -> None:
    """Cancel it at its acquirer and settle it as not done, when the acquirer says that it is canceled."""
    async def work(ctx: Context, attempt: Attempt) -> Attempt:
        return await persons.not_done(ctx, attempt, in_writing)

    _do(message, work, json)


@app.command()
def undone(message: Message,
           because: Annotated[str, typer.Option(metavar="TEXT", help="Who said that nothing of it is left, when and "
                                                                     f"how. {_KEPT}")], json: Json = False) -> None:
    """Undo it no more: it was approved after it was settled as not done, and the acquirer said that it is undone."""
    async def work(ctx: Context, attempt: Attempt) -> Attempt:
        return await persons.undone(ctx, attempt, because)

    _do(message, work, json)


def _do(message: str, verb: Callable[[Context, Attempt], Awaitable[Attempt]], json: bool) -> None:
    async def work(runtime: Runtime) -> Row:
        found = await persons.get(runtime.settings.auditor_database_url, message)
        ctx = await environments.context(runtime, found.env, actor=command.actor())
        return await persons.told(ctx, await verb(ctx, found))

    command.show(command.act(work), json)
