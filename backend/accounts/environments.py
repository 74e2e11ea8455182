"""Environments: one account in one mode. The environment is the tenant of everything else."""

import re
from typing import Any

from backend import ids
from backend.accounts import sql
from backend.context import OURSELVES, Client, Context, Environment, Runtime
from backend.db import Connection
from backend.errors import InvalidRequest, NotFound
from backend.versions import versions

_SANDBOX = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


async def create_account(tx: Connection, name: str, *, country: str = "US", currency: str = "usd") -> str:
    """A new account; returns its id `acct_…`."""
    id = f"acct_{ids.token(16)}"
    await tx.execute(sql.ACCOUNT_INSERT, {"id": id, "name": name, "country": country, "currency": currency})
    return id


async def create(tx: Connection, account_id: str, mode: str, name: str = "") -> int:
    """A new environment of `account_id` in mode live, test or sandbox; returns its number (env).

    Raises InvalidRequest when the account has it already.
    """
    row = await tx.execute(sql.ENVIRONMENT_INSERT, {"account_id": account_id, "mode": mode, "name": name})
    env: int | None = row.scalar()
    if env is None:
        raise InvalidRequest(f"The account has the environment {name or mode} already.", param="name")
    return env


def mode_of(word: str) -> tuple[str, str]:
    """(mode, name) of the word that operators use for an environment: `test`, `live`, or the name of a sandbox.

    Raises InvalidRequest for what cannot be a name.
    """
    if word in ("test", "live"):
        return word, ""
    if not _SANDBOX.fullmatch(word):
        raise InvalidRequest("An environment is test, live, or a sandbox, whose name has up to 40 small letters, "
                             "digits and hyphens.", param="environment")
    return "sandbox", word


async def find(tx: Connection, account_id: str) -> list[dict[str, Any]]:
    """The environments of an account: number (env), mode, name, created_at; the oldest first."""
    return [dict(row) for row in (await tx.execute(sql.ENVIRONMENT_LIST, {"account_id": account_id})).mappings()]


async def named(tx: Connection, account_id: str, word: str) -> int:
    """The number of an account's environment by the word that `mode_of` reads; raises NotFound."""
    mode, name = mode_of(word)
    for row in await find(tx, account_id):
        if (row["mode"], row["name"]) == (mode, name):
            return int(row["env"])
    raise NotFound("environment", word, "environment")


async def find_test(tx: Connection, account_id: str) -> int:
    """The test environment of an account."""
    row = await tx.execute(sql.ENVIRONMENT_OF_ACCOUNT, {"account_id": account_id, "mode": "test"})
    env: int = row.scalar_one()
    return env


async def all_ids(runtime: Runtime) -> list[int]:
    """Every environment, for the sweepers."""
    return [row["id"] for row in await runtime.db.rows(0, sql.ENVIRONMENTS)]


async def get(runtime: Runtime, env: int) -> dict[str, Any]:
    """The environment with its account; raises NotFound."""
    rows = await runtime.db.rows(env, sql.ENVIRONMENT_GET, (env,))
    if not rows:
        raise NotFound("environment", str(env))
    return rows[0]


async def context(runtime: Runtime, env: int, *, actor: str, request_id: str | None = None,
                  shown: bool = False, client: Client = OURSELVES) -> Context:
    """A Context for work in `env` that no API key stands behind: a shopper's page, a worker.

    `shown`: it carries the account's display name, for people.
    """
    row = await get(runtime, env)
    acting = Environment(env, row["account_id"], display_name(row) if shown else row["account_name"],
                         row["mode"] == "live")
    return Context(runtime=runtime, environment=acting, client=client, actor=actor, request_id=request_id)


def display_name(row: dict[str, Any]) -> str:
    """What customers call the account of an environment's row: the name that it gave itself, else its own."""
    profile = (row["profile"] or {}).get("business_profile") or {}
    return str(profile.get("name") or row["account_name"])


async def may_try_twice(runtime: Runtime, env: int) -> bool:
    """The merchant's rule: may a soft decline be tried once more at another acquirer?"""
    return bool((await get(runtime, env))["try_twice"])


async def set_try_twice(runtime: Runtime, env: int, allowed: bool) -> None:
    """Change that rule; it holds for the next decline."""
    await runtime.db.execute(env, sql.ENVIRONMENT_TRY_TWICE, (allowed, env))


async def sends_receipts(runtime: Runtime, env: int) -> bool:
    """The merchant's rule: do shoppers get receipts at the addresses that they gave at the checkout?"""
    return bool((await get(runtime, env))["receipts"])


async def set_receipts(tx: Connection, env: int, sent: bool) -> None:
    """Change that rule; it holds for the next payment."""
    await tx.execute(sql.ENVIRONMENT_RECEIPTS, {"env": env, "sent": sent})


async def api_version(ctx: Context) -> str | None:
    """The version that requests without a `Stripe-Version` get; None for the newest."""
    rows = await ctx.db.rows(ctx.env, sql.ACCOUNT_VERSION, (ctx.account,))
    version: str | None = rows[0]["api_version"] if rows else None
    return version


async def set_api_version(ctx: Context, version: str | None) -> None:
    """Change that version; keys seen just before follow within seconds. Raises InvalidRequest for an unknown one."""
    if version is not None:
        versions.known(version, "api_version")
    await ctx.db.execute(ctx.env, sql.ACCOUNT_SET_VERSION, (version, ctx.account))


async def set_rate_tier(runtime: Runtime, env: int, tier: str | None) -> None:
    """Give an environment another tier of rate limits (a name of RATE_TIERS); None for the one of its mode,
    "none" for no limits."""
    if tier not in (None, "none") and tier not in runtime.settings.rate_tier_table:
        raise InvalidRequest(f"There is no tier of rate limits called {str(tier)[:40]}.", param="tier")
    await runtime.db.execute(env, sql.ENVIRONMENT_SET_TIER, (tier, env))
