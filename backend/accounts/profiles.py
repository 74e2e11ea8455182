"""The own account as the API shows it: what the merchant says of itself can be changed, all else is told."""

from typing import Any

from backend import pages
from backend.accounts import shapes, sql
from backend.context import Context
from backend.db import Connection
from backend.errors import NotFound
from backend.files import files
from backend.metadata import merged
from backend.resources import resources
from backend.resources.resources import Resource

Row = dict[str, Any]
_PURPOSES = {"icon": "business_icon", "logo": "business_logo"}


def _shape(ctx: Context, row: Row) -> Row:
    """The Account object; in the sandbox all that exists is active, and nothing is asked of anybody."""
    profile = {name: row["business_profile"].get(name) for name in (*shapes.BUSINESS_PROFILE, "support_address")}
    name = profile["name"] = profile["name"] or row["name"]
    nothing: Row = {}
    return shapes.ACCOUNT.render(
        {"id": row["id"], "created_at": row["created_at"], "metadata": row["metadata"]},
        business_profile=profile, capabilities={"card_payments": "active", "transfers": "inactive"},
        charges_enabled=True, controller={"type": "account"}, country=row["country"],
        default_currency=row["currency"], details_submitted=True, payouts_enabled=False,
        external_accounts={"object": "list", "data": [], "has_more": False,
                           "url": _external(row["id"])},
        requirements=nothing, future_requirements=nothing, tos_acceptance=nothing, type="standard",
        settings={"branding": row["branding"], "card_payments": {
                      "decline_on": {"avs_failure": False, "cvc_failure": False}},
                  "dashboard": {"display_name": name, "timezone": "Etc/UTC"}, "payments": nothing,
                  "payouts": {"debit_negative_balances": False, "schedule": {
                      "delay_days": round(ctx.settings.funds_delay_days), "interval": "manual"}}})


PROFILE = Resource(shapes.ACCOUNT, "acct", "pay.account_profile", "/v1/accounts", "account", shape=_shape,
                   private=("branding",))


async def get(ctx: Context, id: str | None = None) -> Row:
    """The account of the key; raises NotFound for any other."""
    _own(ctx, id)
    async with ctx.transaction() as tx:
        kept = (await tx.execute(PROFILE.sql.read, {"env": ctx.env, "id": ctx.account})).scalar()
        return _shape(ctx, _EMPTY | (kept or {}) | await _facts(ctx, tx))


async def external_accounts(ctx: Context, id: str, params: Row) -> Row:
    """Where payouts can go, as a page: nowhere yet. Raises NotFound for any account but the own one."""
    _own(ctx, id)
    return pages.of_list(_external(id), params, "external_account", [], lambda key: {"id": key})


def _external(account: str) -> str:
    return f"/v1/accounts/{account}/external_accounts"


def connected(params: Row) -> Row:
    """A page of the accounts that are connected to this one: there are none, and the own is none of them."""
    return pages.of_list("/v1/accounts", params, "account", [], lambda key: {"id": key})


async def update(ctx: Context, tx: Connection, id: str, params: Row) -> Row:
    """Change the business profile, the branding or the metadata; writes account.updated."""
    _own(ctx, id)
    await tx.execute(PROFILE.sql.insert, {"env": ctx.env, "id": ctx.account, "doc": "{}",
                                          "created_at": ctx.clock.now()})
    row = _EMPTY | await resources.lock(ctx, tx, PROFILE, ctx.account) | await _facts(ctx, tx)
    changes: Row = {"metadata": params["metadata"]} if "metadata" in params else {}
    if "business_profile" in params:
        changes["business_profile"] = _over(row["business_profile"], params["business_profile"])
    branding = params.get("settings", {}).get("branding", {})
    for name, purpose in _PURPOSES.items():
        if branding.get(name):
            await files.require(ctx, tx, branding[name], purpose, f"settings[branding][{name}]")
    if branding:
        changes["branding"] = _over(row["branding"], branding)
    return await resources.save(ctx, tx, PROFILE, row, changes)


_EMPTY: Row = {"business_profile": {}, "branding": {}, "metadata": merged({}, None)}


def _over(old: Row, new: Row) -> Row:
    """The new values over the old; an empty text takes one away."""
    return {name: value for name, value in (old | new).items() if value != ""}


def _own(ctx: Context, id: str | None) -> None:
    if id not in (None, ctx.account):
        raise NotFound("account", str(id), "account")


async def _facts(ctx: Context, tx: Connection) -> Row:
    """What the account is, whatever it says of itself."""
    found = await tx.execute(sql.ACCOUNT_GET, {"id": ctx.account})
    return dict(found.mappings().one())
