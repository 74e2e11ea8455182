"""`farthing member`: who signs in to the portal, and in which role."""

import secrets
import sys
from typing import Annotated

import typer

from backend.accounts import accounts, members, roles
from backend.db import Connection
from backend.stack.trouble import Trouble
from commands import command
from commands.command import Account, Json, Row

_ROLES = ", ".join(roles.ROLES)
app = typer.Typer(no_args_is_help=True, help="People who sign in to the portal. Their roles: "
                  + "; ".join(f"{name} – {about}" for name, about in roles.ROLES.items()) + ".")
Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The address that they sign in with.")]
Role = Annotated[str, typer.Option(help=f"One of {_ROLES}.")]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input; without "
                                                                  "this one is made, and printed once.")]


@app.command()
def create(account: Account, email: Email, role: Role, json: Json = False, password_stdin: FromStdin = False,
           name: Annotated[str, typer.Option(help="What they are called.")] = "") -> None:
    """Let somebody sign in."""
    password = _password(password_stdin)

    async def work(tx: Connection) -> Row:
        found = await accounts.get(tx, account)
        await members.create(tx, found["id"], email, password, name.strip(), role)
        return _shown(await members.get(tx, email))

    command.show({**command.run(work), **_once(password, password_stdin)}, json)


@app.command("list")
def find(account: Account, json: Json = False) -> None:
    """The members of an account."""
    async def work(tx: Connection) -> list[Row]:
        return [_shown(row) for row in await members.find(tx, (await accounts.get(tx, account))["id"])]

    command.show(command.run(work), json)


@app.command()
def set_role(email: Email, role: Annotated[str, typer.Argument(metavar="ROLE", help=f"One of {_ROLES}.")],
             json: Json = False) -> None:
    """Give a member another role, at once. An account keeps at least one owner."""
    async def work(tx: Connection) -> Row:
        await members.set_role(tx, email, role)
        return _shown(await members.get(tx, email))

    command.show(command.run(work), json)


@app.command()
def set_password(email: Email, json: Json = False, password_stdin: FromStdin = False) -> None:
    """Give a member a new password, lift a lock, and end every login."""
    password = _password(password_stdin)

    async def work(tx: Connection) -> Row:
        await members.set_password(tx, email, password)
        return _shown(await members.get(tx, email))

    command.show({**command.run(work), **_once(password, password_stdin)}, json)


@app.command()
def remove(email: Email, json: Json = False) -> None:
    """Take a member and every login away, at once. An account keeps at least one owner."""
    async def work(tx: Connection) -> Row:
        gone = _shown(await members.get(tx, email))
        await members.remove(tx, email)
        return {**gone, "removed": True}

    command.show(command.run(work), json)


def _shown(row: Row) -> Row:
    return {name: row[name] for name in ("email", "role", "name", "created_at", "last_seen_at", "locked_until")}


def _password(from_stdin: bool) -> str:
    if not from_stdin:
        return secrets.token_urlsafe(12)
    if found := sys.stdin.readline().rstrip("\r\n"):
        return found
    raise Trouble("No password came on standard input: send one line, or leave --password-stdin away.")


def _once(password: str, from_stdin: bool) -> Row:
    """The password that was made here, which nobody ever sees again."""
    return {} if from_stdin else {"password": password}
