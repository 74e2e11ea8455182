"""Files: create, get, find, contents. A file never changes; its bytes lie in the database, so backups have them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from backend.context import Context
from backend.db import Connection
from backend.errors import InvalidRequest, NotFound
from backend.files import file_links, shapes, sql
from backend.resources import resources
from backend.resources.resources import Resource

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came in a request."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Contents:
    """A file as it goes out."""

    name: str
    media: str
    content: bytes


def _shape(ctx: Context, row: Row) -> Row:
    return shapes.FILE.render(row, url=f"{ctx.settings.api_base}/v1/files/{row['id']}/contents")


FILE = Resource(shapes.FILE, "file", "pay.file", "/v1/files", shape=_shape,
                filters={"purpose": "doc->>'purpose' = %(purpose)s"})


async def create(ctx: Context, tx: Connection, params: Row) -> Row:
    """A new file, with a link when `file_link_data[create]` asks for one. Raises InvalidRequest for a file that is
    empty, too large for its purpose, or of a type that the purpose does not take."""
    upload, purpose = params["file"], params["purpose"]
    type = _checked(upload, purpose)
    made = await resources.create(ctx, tx, FILE, {
        "filename": upload.name or None, "purpose": purpose, "size": len(upload.content), "type": type})
    await tx.execute(sql.CONTENT_INSERT, {"env": ctx.env, "file": made["id"], "content": upload.content})
    link = params.get("file_link_data") or {}
    if link.get("create"):
        given = {name: link[name] for name in ("expires_at", "metadata") if name in link}
        first = await file_links.create(ctx, tx, {"file": made["id"], **given})
        made["links"] = file_links.listed(made["id"], [first])
    return made


def _checked(upload: Upload, purpose: str) -> str:
    most, types = shapes.PURPOSES[purpose]
    if not upload.content:
        raise InvalidRequest("The file is empty.", code="parameter_invalid_empty", param="file")
    if len(upload.content) > most:
        raise InvalidRequest(f"The file has {len(upload.content)} bytes; for {purpose} it may have at most {most}.",
                             code="file_too_large", param="file")
    type = shapes.type_of(upload.name, upload.content)
    if type not in types:
        raise InvalidRequest(f"For {purpose} the file must be one of these types: {', '.join(types)}; this one is "
                             f"{type or 'something else'} by its first bytes.", code="file_type_invalid", param="file")
    return type


async def get(ctx: Context, id: str) -> Row:
    """One file; raises NotFound."""
    return await resources.get(ctx, FILE, id)


async def find(ctx: Context, params: Row) -> Row:
    """A page of files, newest first; filters purpose, created."""
    return await resources.find(ctx, FILE, params)


async def contents(ctx: Context, id: str) -> Contents:
    """The bytes of a file; raises NotFound."""
    rows = await ctx.db.rows(ctx.env, sql.CONTENT, (ctx.env, id))
    if not rows:
        raise NotFound("file", id)
    row = rows[0]
    return Contents(row["name"] or id, shapes.MEDIA[row["type"]], bytes(row["content"]))


async def require(ctx: Context, tx: Connection, id: str, purpose: str, param: str) -> None:
    """Raise unless `id` is a file of this purpose."""
    row = await resources.read(ctx, tx, FILE, id, param)
    if row["purpose"] != purpose:
        raise InvalidRequest(f"The file must have been uploaded with the purpose {purpose}; this one has "
                             f"{row['purpose']}.", code="file_purpose_invalid", param=param)


async def links_of(ctx: Context, files: Iterable[str]) -> dict[str, Row]:
    """The newest links of each file as a list, in one query."""
    wanted = list(files)
    rows = await ctx.db.rows(ctx.env, sql.LINKS_OF_FILES, (ctx.env, wanted))
    found: dict[str, list[Row]] = {file: [] for file in wanted}
    for row in rows:
        found[row["row"]["file"]].append(file_links.shape(ctx, row["row"]))
    return {file: file_links.listed(file, some) for file, some in found.items()}
