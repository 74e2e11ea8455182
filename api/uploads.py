"""Multipart bodies: the fields as the same tree that a form gives, and one file. Source: RFC 7578.

A file goes to the disk as it arrives (in the folder that TMPDIR names) and from there in pieces to the database: what
it takes of our memory does not grow with its size.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from backend.errors import InvalidRequest
from backend.fields.card_numbers import refuse_card_number
from backend.fields.types import bad
from backend.files import shapes
from backend.files.files import Upload
from backend.web import bodies
from backend.web.bodies import Given

_REST = 64 * 1024
"""What may stand around the file: fields, borders, headers."""
READ_AT_ONCE, WRITTEN_AT_ONCE = 64, 2
"""Uploads that a process reads, a few hundred kilobytes of memory each, and that it writes, a connection to the
database each; the others wait."""


class Turns:
    """Who of the uploads of one process is at work."""

    def __init__(self) -> None:
        self._reading, self._writing = asyncio.Semaphore(READ_AT_ONCE), asyncio.Semaphore(WRITTEN_AT_ONCE)

    async def read(self, request: Request) -> Given:
        """`read`, when it is this one's turn."""
        async with self._reading:
            return await read(request)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """A turn to write what was read."""
        async with self._writing:
            yield


@dataclass(frozen=True, slots=True)
class File:
    """A file in a multipart body."""

    required: bool = False
    unset: bool = False

    def parse(self, value: Any, path: str) -> Upload:
        if not isinstance(value, Upload):
            raise bad(path, f"{path} must be a file: send it as a part with a filename.", "parameter_invalid_string")
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "binary"}


class _Parser(MultiPartParser):
    """Starlette's parser, which keeps next to nothing of a file in memory and not much of everything around it."""

    spool_max_size = 16 * 1024
    _around = 0

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._current_part.file is None:
            self._around += end - start
            if self._around > _REST:
                raise MultiPartException(f"The fields beside the file have more than {_REST} bytes.")
        super().on_part_data(data, start, end)


async def read(request: Request) -> Given:
    """The fields and the file; the raw bytes are equal for equal requests whatever the border. Raises InvalidRequest
    and TooLarge. Whoever reads closes what was given."""
    if bodies.kind_of(request) != "multipart/form-data":
        raise InvalidRequest("Send files as multipart/form-data.", param="file")
    parser = _Parser(request.headers, _limited(request), max_files=1, max_fields=100, max_part_size=_REST)
    try:
        form = await parser.parse()
    except MultiPartException as error:  # torn, or without a border
        raise InvalidRequest(f"The body is not valid multipart/form-data: {error.message}") from error
    except ValueError as error:
        raise InvalidRequest("The body is not valid multipart/form-data.") from error
    try:
        return await _given(form, request.scope["query_string"])
    except BaseException:
        await form.close()
        raise


async def _given(form: FormData, query: bytes) -> Given:
    fields, files = [], {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            refuse_card_number(value.filename or "", "file")
            title = (value.filename or "").replace("\x00", "")[:255]
            files[name] = await asyncio.to_thread(Upload.of, title, value.file)
        else:
            fields.append((name, value))
    digests = "".join(f"&{name}={upload.digest}" for name, upload in files.items())
    return Given(urlencode(fields).encode(), query=query, files=files, digests=digests.encode())


async def _limited(request: Request) -> AsyncGenerator[bytes, None]:
    """The body as it arrives, and an error once it is too long, or says that it will be."""
    told = request.headers.get("content-length", "")
    most = shapes.BYTES_MAX + _REST
    if int(told or 0) > most:
        raise bodies.too_large(most)
    async for piece in bodies.pieces(request, most):
        yield piece
