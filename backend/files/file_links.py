"""File links: create, get, update, find, open. Whoever has the address may fetch the file, until the link expires."""

import hmac
from typing import Any

from backend import ids, pages
from backend.clock import unix
from backend.context import Context
from backend.db import Connection
from backend.errors import InvalidRequest, NotFound
from backend.files import shapes
from backend.metadata import merged
from backend.resources import resources
from backend.resources.resources import Resource

Row = dict[str, Any]


def shape(ctx: Context, row: Row) -> Row:
    """The FileLink object."""
    return shapes.FILE_LINK.render(
        row, livemode=ctx.livemode, expired=_expired(ctx, row),
        url=f"{ctx.settings.api_base}/v1/links/{row['id']}/{row['secret']}")


FILE_LINK = Resource(shapes.FILE_LINK, "link", "pay.file_link", "/v1/file_links", shape=shape, filters={
    "file": "r.file_id = %(file)s", "expired_by": "r.expires_at <= %(expired_by)s",
    "alive_at": "(r.expires_at IS NULL OR r.expires_at > %(alive_at)s)"}, private=("secret",))


async def create(ctx: Context, tx: Connection, params: Row) -> Row:
    """A new link to a file; raises NotFound for an unknown file."""
    await resources.read(ctx, tx, _FILE, params["file"], "file")
    doc = {"file": params["file"], "expires_at": _future(ctx, params.get("expires_at")), "secret": ids.token(32),
           "metadata": merged({}, params.get("metadata"))}
    return await resources.create(ctx, tx, FILE_LINK, doc)


async def get(ctx: Context, id: str) -> Row:
    """One link; raises NotFound."""
    return await resources.get(ctx, FILE_LINK, id)


async def update(ctx: Context, tx: Connection, id: str, params: Row) -> Row:
    """Change when it expires (`now` ends it, an empty text takes the end away) or its metadata.

    An expired link stays expired: its address may be known to those from whom it was taken.
    """
    row = await resources.lock(ctx, tx, FILE_LINK, id)
    changes = {name: params[name] for name in ("metadata",) if name in params}
    if "expires_at" in params:
        if _expired(ctx, row):
            raise InvalidRequest("This file link has expired. Create a new one.", code="file_link_expired",
                                 param="expires_at")
        given = params["expires_at"]
        changes["expires_at"] = unix(ctx.clock.now()) if given == "now" else _future(ctx, given)
    return await resources.save(ctx, tx, FILE_LINK, row, changes)


async def find(ctx: Context, params: Row) -> Row:
    """A page of links, newest first; filters file, expired, created."""
    now, expired = unix(ctx.clock.now()), params.get("expired")
    ends = {} if expired is None else {"expired_by": now} if expired else {"alive_at": now}
    return await resources.find(ctx, FILE_LINK, {**params, **ends})


async def open(ctx: Context, id: str, secret: str) -> str:
    """The file of a link whose address somebody has; raises NotFound when it is wrong or has expired."""
    row = await resources.row(ctx, FILE_LINK, id)
    if not hmac.compare_digest(row["secret"].encode(), secret.encode()) or _expired(ctx, row):
        raise NotFound("file_link", id)
    return str(row["file"])


def listed(file: str, links: list[Row]) -> Row:
    """The list of links within a file."""
    return pages.page(f"/v1/file_links?file={file}", {}, links, lambda link: link)


def _expired(ctx: Context, row: Row) -> bool:
    return row["expires_at"] is not None and row["expires_at"] <= unix(ctx.clock.now())


def _future(ctx: Context, moment: Any) -> int | None:
    if moment in (None, ""):
        return None
    if moment <= unix(ctx.clock.now()):
        raise InvalidRequest("expires_at must be in the future.", code="parameter_invalid_integer", param="expires_at")
    return int(moment)


_FILE = Resource(shapes.FILE, "file", "pay.file", "/v1/files")
