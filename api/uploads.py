"""Multipart bodies: the fields as the same tree that a form gives, and one file. Source: RFC 7578."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from api.bodies import Given
from api.card_numbers import refuse_card_number
from api.types import bad
from backend.errors import InvalidRequest, TooLarge
from backend.files import shapes
from backend.files.files import Upload

_REST = 64 * 1024
"""What may stand around the file: fields, borders, headers."""


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


async def read(request: Request) -> Given:
    """The fields and the file; the raw bytes are equal for equal requests whatever the border."""
    kind = request.headers.get("content-type", "")
    if kind.partition(";")[0].strip().lower() != "multipart/form-data":
        raise InvalidRequest("Send files as multipart/form-data.", param="file")
    body = await _limited(request)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    try:
        async with Request(request.scope, receive).form(max_files=1, max_fields=100) as form:
            return await _given(form, request.scope["query_string"])
    except HTTPException as error:  # Starlette's word for a body that is torn or has no border
        raise InvalidRequest(f"The body is not valid multipart/form-data: {error.detail}") from error
    except ValueError as error:
        raise InvalidRequest("The body is not valid multipart/form-data.") from error


async def _given(form: FormData, query: bytes) -> Given:
    fields, files = [], {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            refuse_card_number(value.filename or "", "file")
            files[name] = Upload((value.filename or "").replace("\x00", "")[:255], await value.read())
        else:
            fields.append((name, value))
    text = urlencode(fields)
    digests = "".join(f"&{name}={sha256(upload.content).hexdigest()}{sha256(upload.name.encode()).hexdigest()}"
                      for name, upload in files.items())
    return Given(text.encode(), query=query, files=files, digests=digests.encode())


async def _limited(request: Request) -> bytes:
    body, most = bytearray(), shapes.BYTES_MAX + _REST
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise TooLarge(f"The request body is larger than {most} bytes.", code="request_too_large")
    return bytes(body)
