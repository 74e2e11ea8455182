"""Accounts: made with their test environment, named, found by id or by name."""

from typing import Any

from backend import money
from backend.accounts import country_specs, environments, sql
from backend.db import Connection
from backend.errors import InvalidRequest, NotFound

NAME_MAX = 100
Row = dict[str, Any]


async def create(tx: Connection, name: str, *, country: str = "US", currency: str | None = None) -> str:
    """A new account with its test environment; returns its id. `currency` is the country's own when not given.

    Raises InvalidRequest for a name, a country or a currency that cannot be.
    """
    try:
        spec = country_specs.get(country.upper())
    except NotFound:
        raise InvalidRequest(f"There can be no account in {country[:20]}: write one of the countries of GET "
                             "/v1/country_specs as its two letters, such as US.",
                             param="country") from None
    wanted = (currency or spec["default_currency"]).lower()
    if wanted not in money.CURRENCIES:
        raise InvalidRequest(f"There is no currency {wanted[:20]}: write three letters, such as usd.", param="currency")
    id = await environments.create_account(tx, named(name), country=country.upper(), currency=wanted)
    await environments.create(tx, id, "test")
    return id


async def get(tx: Connection, which: str) -> Row:
    """The account with this id, or the only one with this name; raises NotFound, or InvalidRequest when many have
    it."""
    found = (await tx.execute(sql.ACCOUNT_FIND, {"which": which})).mappings().all()
    if not found:
        raise NotFound("account", which[:100], "account")
    if len(found) > 1:
        raise InvalidRequest(f"{len(found)} accounts have the name {which[:100]}: name one by its id.", param="account")
    return dict(found[0])


async def find(tx: Connection) -> list[Row]:
    """All accounts, the oldest first."""
    return [dict(row) for row in (await tx.execute(sql.ACCOUNT_LIST)).mappings()]


async def rename(tx: Connection, id: str, name: str) -> None:
    """Give an account another name; raises InvalidRequest for one that cannot be."""
    await tx.execute(sql.ACCOUNT_RENAME, {"id": id, "name": named(name)})


def named(name: str) -> str:
    """The name without white space around it; raises InvalidRequest when it is empty, too long or not printable."""
    tidy = name.strip()
    if not tidy or len(tidy) > NAME_MAX or not tidy.isprintable():
        raise InvalidRequest(f"A name has between 1 and {NAME_MAX} printable characters.", param="name")
    return tidy
