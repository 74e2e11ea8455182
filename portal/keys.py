"""One API key: made, shown once, changed, rolled with grace, revoked."""

from typing import Any

from backend.accounts import api_keys, kept_keys, permissions
from backend.context import Context
from backend.errors import InvalidRequest

Row = dict[str, Any]
KINDS = (("restricted", "Restricted", "may do only what you tick"), ("secret", "Secret", "may do everything"),
         ("publishable", "Publishable", "for browsers and apps"))
GRACES = (("now", "at once"), ("1h", "in an hour"), ("24h", "in 24 hours"), ("7d", "in 7 days"))
_KINDS = tuple(one[0] for one in KINDS)
_PERMISSION = "may_"


def _choices() -> Row:
    return {"kinds": KINDS, "graces": GRACES, "levels": permissions.LEVELS, "secret": None, "rolled": None,
            "again": False,
            "resources": [(name, name.replace("_", " ").capitalize()) for name in permissions.RESOURCES]}


async def new(ctx: Context, query: Row) -> Row:
    """The empty form."""
    kind = query.get("kind") if query.get("kind") in _KINDS else "restricted"
    return {**_choices(), "key": {"id": None, "kind": kind, "name": "", "permissions": {}, "allowed_ips": []}}


async def show(ctx: Context, query: Row) -> Row:
    """One key with what it may do."""
    async with ctx.db.everywhere() as tx:
        key = await api_keys.get(tx, ctx.env, query["id"], ctx.runtime.clock.now())
    return {**_choices(), "key": key}


async def create(ctx: Context, form: Row) -> Row:
    """POST …/new: the page that shows the new key, once."""
    kind = form.get("kind", "")
    if kind not in _KINDS:
        raise InvalidRequest("Choose what kind of key it is to be.", param="kind")
    async with ctx.db.everywhere(actor=ctx.actor) as tx:
        text = await api_keys.create(tx, ctx.env, kind, livemode=ctx.livemode, name=form.get("name", "").strip(),
                                     permissions=_granted(form), allowed_ips=_addresses(form))
        await kept_keys.keep(tx, ctx.settings, ctx.env, text)
    return {**_choices(), "secret": text, "key": {"id": None, "kind": kind, "name": form.get("name", "")}}


async def update(ctx: Context, form: Row) -> str:
    """POST …/{id}: its name, addresses and permissions."""
    async with ctx.db.everywhere(actor=ctx.actor) as tx:
        await api_keys.update(tx, ctx.env, form["id"], ctx.runtime.clock.now(), name=form.get("name", "").strip(),
                              permissions=_granted(form), allowed_ips=_addresses(form))
    return f"/{form['mode']}/developers"


async def roll(ctx: Context, form: Row) -> Row:
    """POST …/{id}/roll: the page that shows the new key; the old one lives on for `grace`."""
    if form.get("grace") not in api_keys.GRACES:
        raise InvalidRequest("Choose when the old key is to expire.", param="grace")
    async with ctx.db.everywhere(actor=ctx.actor) as tx:
        text = await api_keys.roll(tx, ctx.env, form["id"], ctx.runtime.clock.now(), api_keys.GRACES[form["grace"]],
                                   livemode=ctx.livemode)
        await kept_keys.keep(tx, ctx.settings, ctx.env, text)
        old = await api_keys.get(tx, ctx.env, form["id"], ctx.runtime.clock.now())
    return {**_choices(), "secret": text, "rolled": dict(GRACES)[form["grace"]], "key": {**old, "id": None}}


async def reveal(ctx: Context, form: Row) -> Row:
    """POST …/{id}/reveal: the page that shows a key of test mode again."""
    async with ctx.db.everywhere(actor=ctx.actor) as tx:
        text = await kept_keys.show(tx, ctx.settings, ctx.env, form["id"], ctx.runtime.clock.now())
        key = await api_keys.get(tx, ctx.env, form["id"], ctx.runtime.clock.now())
    return {**_choices(), "secret": text, "again": True, "key": {**key, "id": None}}


async def own(ctx: Context) -> str | None:
    """The viewer's own test key, for the samples of a page that is still empty; None in live mode."""
    if ctx.livemode:
        return None
    async with ctx.db.everywhere(actor=ctx.actor) as tx:
        return await kept_keys.own(tx, ctx.settings, ctx.env, ctx.runtime.clock.now())


async def revoke(ctx: Context, form: Row) -> str:
    """POST …/{id}/revoke: from now on it opens nothing."""
    async with ctx.db.everywhere(actor=ctx.actor) as tx:
        await api_keys.get(tx, ctx.env, form["id"], ctx.runtime.clock.now(), lock=True)
        await api_keys.expire(tx, ctx.env, form["id"], ctx.runtime.clock.now())
    return f"/{form['mode']}/developers"


def _granted(form: Row) -> dict[str, str]:
    return {name.removeprefix(_PERMISSION): level for name, level in form.items() if name.startswith(_PERMISSION)}


def _addresses(form: Row) -> list[str]:
    return str(form.get("allowed_ips", "")).replace(",", " ").split()
