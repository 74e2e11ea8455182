"""Files: create, get, find, contents. A file never changes; its bytes lie in the database, so backups have them.

They are written and read in pieces, so that a file of any size takes the memory of one piece.
"""

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import IO, Any

from backend.context import Context
from backend.db import Connection
from backend.errors import InvalidRequest
from backend.files import file_links, shapes, sql
from backend.resources import resources
from backend.resources.resources import Resource

Row = dict[str, Any]
PIECE_BYTES = 128 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came in a request. Its bytes lie on the disk until `close`; nobody has all of them in memory."""

    name: str
    size: int
    type: str | None
    digest: str
    """Equal for files of equal bytes and equal names."""
    file: IO[bytes]

    @classmethod
    def of(cls, name: str, file: IO[bytes]) -> "Upload":
        """Look through a file once; blocks for as long as the disk takes."""
        whole, size, begin, text = sha256(), 0, b"", True
        for piece in _pieces(file):
            begin = begin or piece
            size += len(piece)
            text = text and b"\x00" not in piece
            whole.update(piece)
        return cls(name, size, shapes.type_of(name, begin, text), whole.hexdigest() + sha256(name.encode()).hexdigest(),
                   file)

    def pieces(self) -> Iterator[bytes]:
        """The bytes, in parts of PIECE_BYTES."""
        return _pieces(self.file)

    def close(self) -> None:
        """Give the room on the disk back."""
        self.file.close()


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(PIECE_BYTES):
        yield piece


@dataclass(frozen=True, slots=True)
class Contents:
    """A file as it goes out."""

    name: str
    media: str
    size: int
    pieces: AsyncIterator[bytes]
    """The bytes, each part read when the one before was taken."""


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
        "filename": upload.name or None, "purpose": purpose, "size": upload.size, "type": type})
    for number, piece in enumerate(upload.pieces()):
        await tx.execute(sql.PIECE_INSERT, {"env": ctx.env, "file": made["id"], "no": number, "content": piece})
    link = params.get("file_link_data") or {}
    if link.get("create"):
        given = {name: link[name] for name in ("expires_at", "metadata") if name in link}
        first = await file_links.create(ctx, tx, {"file": made["id"], **given})
        made["links"] = file_links.listed(made["id"], [first])
    return made


def _checked(upload: Upload, purpose: str) -> str:
    most, types = shapes.PURPOSES[purpose]
    if not upload.size:
        raise InvalidRequest("The file is empty.", code="parameter_invalid_empty", param="file")
    if upload.size > most:
        raise InvalidRequest(f"The file has {upload.size} bytes; for {purpose} it may have at most {most}.",
                             code="file_too_large", param="file")
    if upload.type not in types:
        raise InvalidRequest(f"For {purpose} the file must be one of these types: {', '.join(types)}; this one is "
                             f"{upload.type or 'something else'} by its first bytes.", code="file_type_invalid",
                             param="file")
    return upload.type


async def get(ctx: Context, id: str) -> Row:
    """One file; raises NotFound."""
    return await resources.get(ctx, FILE, id)


async def find(ctx: Context, params: Row) -> Row:
    """A page of files, newest first; filters purpose, created."""
    return await resources.find(ctx, FILE, params)


async def contents(ctx: Context, id: str) -> Contents:
    """The bytes of a file; raises NotFound."""
    return contents_of(ctx, await resources.row(ctx, FILE, id))


def contents_of(ctx: Context, file: Row) -> Contents:
    """The bytes of a file whose row or object is known."""
    id, size = file["id"], file["size"]
    return Contents(file["filename"] or id, shapes.MEDIA[file["type"]], size, _read(ctx, id, size))


async def _read(ctx: Context, id: str, size: int) -> AsyncIterator[bytes]:
    """Raises when fewer bytes are there than were told: an answer that ends early is seen to be torn."""
    number = 0
    while size > 0:
        rows = await ctx.db.rows(ctx.env, sql.PIECE, (ctx.env, id, number))
        piece = bytes(rows[0]["content"])
        yield piece
        size, number = size - len(piece), number + 1


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
