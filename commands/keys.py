"""`farthing key`: keys to the API, made, shown once, rolled with grace, revoked."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from backend import ids
from backend.accounts import accounts, api_keys, environments, permissions
from backend.clock import SystemClock
from backend.db import Connection
from backend.errors import InvalidRequest, NotFound
from commands import command
from commands.command import Account, Environment, Json, Row

app = typer.Typer(no_args_is_help=True, help="Keys to the API. A whole key is printed once, when it is made; only its "
                                             "hash is kept.")
KeyId = Annotated[str, typer.Argument(metavar="KEY", help="The key's id (mk_…), as `key list` shows it.")]
_SHOWN = ("id", "kind", "name", "prefix", "last4", "expires_at", "last_used_at", "last_used_ip", "permissions",
          "allowed_ips", "rolled_to")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


@app.command()
def create(account: Account, json: Json = False, environment: Environment = "test",
           kind: Annotated[str, typer.Option(help=f"One of {', '.join(api_keys.KINDS)}.")] = "secret",
           name: Annotated[str, typer.Option(help="What it is for.")] = "",
           may: Annotated[list[str] | None, typer.Option(
               metavar="RESOURCE=LEVEL", help="Of a restricted key: such as charges=read or refunds=write; several "
                                              "times for several.")] = None,
           address: Annotated[list[str] | None, typer.Option(
               metavar="NETWORK", help="Where it may be used from: such as 203.0.113.7 or 203.0.113.0/24; several "
                                       "times for several. Without it: from anywhere.")] = None,
           expires: Annotated[str | None, typer.Option(
               metavar="WHEN", help="When it ends: in 30m, 12h or 90d, or a moment such as 2027-01-31T00:00:00+00:00."
           )] = None) -> None:
    """Make a key and print it, once."""
    granted, now = _granted(kind, may or []), SystemClock().now()
    ends = _moment(expires, now) if expires else None

    async def work(tx: Connection) -> Row:
        id = (await accounts.get(tx, account))["id"]
        env = await environments.named(tx, id, environment)
        text, key = await api_keys.make(tx, env, kind, environment == "live", name.strip(), granted, address or [],
                                        ends)
        return {"key": text, **_shown(await api_keys.get(tx, env, key, now))}

    command.show(command.run(work), json)


@app.command("list")
def find(account: Account, json: Json = False, environment: Environment = "test") -> None:
    """The keys of an environment without their texts; expired ones for 30 days."""
    async def work(tx: Connection) -> list[Row]:
        env = await environments.named(tx, (await accounts.get(tx, account))["id"], environment)
        return [_shown(row) for row in await api_keys.find(tx, env, SystemClock().now())]

    command.show(command.run(work), json)


@app.command()
def roll(key: KeyId, json: Json = False,
         grace: Annotated[str, typer.Option(help="How long the old key lives on: "
                                                 f"{', '.join(api_keys.GRACES)}.")] = "24h") -> None:
    """Make a successor with the same rights and print it, once; the old key lives on for the grace."""
    if grace not in api_keys.GRACES:
        raise InvalidRequest(f"There is no grace {grace[:20]}: choose one of {', '.join(api_keys.GRACES)}.",
                             param="grace")
    now = SystemClock().now()

    async def work(tx: Connection) -> Row:
        env = _environment(key)
        live = "_live_" in (await api_keys.get(tx, env, key, now))["prefix"]
        text = await api_keys.roll(tx, env, key, now, api_keys.GRACES[grace], livemode=live)
        old = await api_keys.get(tx, env, key, now)
        return {"key": text, **_shown(await api_keys.get(tx, env, old["rolled_to"], now)),
                "old": key, "old_expires_at": old["expires_at"]}

    command.show(command.run(work), json)


@app.command()
def revoke(key: KeyId, json: Json = False) -> None:
    """End a key: within two seconds it opens nothing."""
    now = SystemClock().now()

    async def work(tx: Connection) -> Row:
        env = _environment(key)
        await api_keys.get(tx, env, key, now, lock=True)
        await api_keys.expire(tx, env, key, now)
        return _shown(await api_keys.get(tx, env, key, now))

    command.show(command.run(work), json)


def _environment(key: str) -> int:
    """The environment that a key's id carries; raises NotFound."""
    env = ids.environment(key) if key.startswith("mk_") else None
    if env is None:
        raise NotFound("key", key[:40])
    return env


def _shown(row: Row) -> Row:
    return {name: row[name] for name in _SHOWN}


def _granted(kind: str, given: list[str]) -> dict[str, str]:
    """`charges=read` … as permissions; only restricted keys have any."""
    if given and kind != "restricted":
        raise InvalidRequest(f"--may is for restricted keys: a {kind[:20]} key may do what its kind may.", param="may")
    pairs = dict(one.partition("=")[::2] for one in given)
    return permissions.checked(pairs)


def _moment(written: str, now: datetime) -> datetime:
    """`90d`, or a moment in ISO 8601 (local time without an offset); raises InvalidRequest unless it lies ahead."""
    count, unit = written[:-1], _UNITS.get(written[-1:])
    try:
        ahead: Any = unit * int(count) if unit and count.isascii() and count.isdecimal() else None
        moment = now + ahead if ahead is not None else datetime.fromisoformat(written).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidRequest(f"{written[:40]} is no moment: write 30m, 12h, 90d, or 2027-01-31T00:00:00+00:00.",
                             param="expires") from None
    if moment <= now:
        raise InvalidRequest("A key cannot have ended before it is made: write a moment that lies ahead.",
                             param="expires")
    return moment
