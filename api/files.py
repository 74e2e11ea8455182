"""/v1/files, and the addresses of file links"""

from typing import Any
from urllib.parse import quote

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.endpoint import Endpoint, Routes, local
from api.plain import routes
from api.uploads import File
from api.visits import Visit
from backend import ids
from backend.accounts import environments
from backend.context import Client, Context, Runtime
from backend.db import Connection
from backend.errors import NotFound
from backend.fields.structures import Hash, Metadata, Range
from backend.fields.tables import PAGE, Table
from backend.fields.types import Boolean, Choice, Integer
from backend.files import file_links, files
from backend.files.files import Contents
from backend.files.shapes import PURPOSES
from backend.requests.answers import Answer
from backend.web import callers, errors

Params = dict[str, Any]
CREATE = Table({
    "file": File(required=True), "purpose": Choice(tuple(PURPOSES), required=True),
    "file_link_data": Hash({"create": Boolean(required=True), "expires_at": Integer(max=32_503_680_000),
                            "metadata": Metadata()})})
FIND = Table({**PAGE, "created": Range(), "purpose": Choice(tuple(PURPOSES))})


async def create(ctx: Context, tx: Connection, params: Params) -> Params:
    return await files.create(ctx, tx, params)


async def contents(ctx: Context, params: Params, id: str) -> Params:
    """The file's object: `Download` answers the bytes of what may be seen."""
    return await files.get(ctx, id)


class Download(Endpoint):
    """An endpoint that answers the bytes of a file instead of an object."""

    async def _answer(self, request: Request, request_id: str, headers: dict[str, str], visit: Visit) -> Answer:
        answer = await super()._answer(request, request_id, headers, visit)
        if answer.status == 200 and visit.ctx:
            visit.download = files.contents_of(visit.ctx, orjson.loads(answer.body))
            headers |= _headers(visit.download)
        return answer

    def _response(self, request: Request, visit: Visit, answer: Answer, headers: dict[str, str]) -> Response:
        if visit.download:
            return StreamingResponse(visit.download.pieces, 200, headers)
        return super()._response(request, visit, answer, headers)


async def follow(request: Request) -> Response:
    """The file behind a link, for anybody who has its address; an address that is wrong, old or foreign is 404."""
    runtime: Runtime = request.app.state.runtime
    try:
        found = await _linked(runtime, callers.client(request), **request.path_params)
    except NotFound as error:
        answer = errors.answered(error, runtime.settings.api_base)
        return Response(answer.body, answer.status, media_type="application/json")
    return StreamingResponse(found.pieces, 200, _headers(found))


async def _linked(runtime: Runtime, client: Client, id: str, secret: str) -> Contents:
    env = ids.environment(id)
    if env is None or not id.startswith("link_"):
        raise NotFound("file_link", id)
    try:
        ctx = await environments.context(runtime, env, actor="file_link", client=client)
        return await files.contents(ctx, await file_links.open(ctx, id, secret))
    except NotFound as error:
        raise NotFound("file_link", id) from error


def _headers(found: Contents) -> dict[str, str]:
    """It is saved and never shown as a page of ours: a merchant's file must not run in our name."""
    return {"Content-Type": found.media, "Content-Length": str(found.size), "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name, safe='')}",
            "Content-Security-Policy": "default-src 'none'; sandbox"}


_PLAIN = routes("/v1/files", files, "file", find=FIND)
ROUTES: Routes = {
    "/v1/files": {**_PLAIN["/v1/files"], "POST": local(create, CREATE, returns="file", creates=True, uploads=True,
                                                       about="Upload a file as multipart/form-data.")},
    "/v1/files/{id}": _PLAIN["/v1/files/{id}"],
    "/v1/files/{id}/contents": {"GET": Download(contents, about="Download the contents of a file.")},
}
