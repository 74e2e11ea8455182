"""The one wrapper of every API route: request id, key, version, parameters, errors, headers.

What a handler is, and how it is done once, stands in `backend/requests/calls.py`.
"""

import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from typing import Any

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api import live, not_yet, persons, references, visits
from api.errors import located
from api.expand import Expander, Trie
from api.traffic import Traffic, kind_of
from api.uploads import Turns
from api.visits import Visit
from backend import crash, ids
from backend.accounts import admission
from backend.accounts.api_keys import Keyring, Opened
from backend.context import Context, Runtime
from backend.errors import InvalidRequest, NotFound
from backend.fields.tables import Table
from backend.published import EXPANDED, published
from backend.requests import answers, idempotency, keys
from backend.requests.answers import Answer
from backend.requests.calls import LOCAL, READ, STAGED, Call, Handler
from backend.versions import versions
from backend.web import bodies, callers, errors
from backend.web.bodies import Given

log = structlog.get_logger("api")

_EMPTY = Table()


class Endpoint:
    """One route's method as an ASGI application."""

    def __init__(self, handler: Handler, params: Table = _EMPTY, *, kind: str = READ, about: str = "",
                 returns: str | None = None, listed: bool = False, publishable: bool = False,
                 shopper: Table | None = None, creates: bool = False, own_ids: bool = False, secret: bool = False,
                 uploads: bool = False, before: Callable[..., Awaitable[dict[str, Any]]] | None = None) -> None:
        """`returns` names the object that is answered, or of which a list is answered when `listed`; `about` says in a
        sentence what the call does. `shopper` are the parameters that a publishable key may send, where they are fewer
        (attack A3). `own_ids`: merchants choose the ids of what it creates. `uploads`: the body is multipart, with a
        file."""
        self.call = Call(references.checked(handler, params) if listed else handler, kind, before, creates, own_ids,
                         secret)
        self.params, self.shopper = params, shopper or params
        self.live_tables = {mails: (live.table(self.params, mails=mails), live.table(self.shopper, mails=mails))
                            for mails in (False, True)}
        self.about, self.returns, self.listed = about, returns, listed
        self.uploads = uploads
        self.publishable = publishable

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        started, request_id = time.perf_counter(), f"req_{ids.token(14)}"
        headers = {"Request-Id": request_id, "Stripe-Version": versions.LATEST}
        visit = Visit()
        answer = await self._answer(request, request_id, headers, visit)
        ctx = visit.ctx
        if ctx is not None:
            if ctx.publishable:
                answer = narrowed(answer)
            if answer.status >= 400:
                answer = visits.with_log_url(ctx, answer, headers)
        headers |= {**errors.headers(answer.status), **headers} | visit.echoed
        if b"origin" in dict(scope["headers"]):
            headers |= visits.EXPOSED
        ms = (time.perf_counter() - started) * 1000
        log.info("request", method=scope["method"], path=scope["path"][:500], status=answer.status,
                 request_id=request_id, ms=round(ms, 1), env=ctx.env if ctx else None)
        if ctx is not None:
            visits.note(request, visit, ctx, answer, headers, ms)
        await self._response(request, visit, answer, headers)(scope, receive, send)
        if crash.armed and self.call.kind == STAGED:
            await crash.reached("after_answer")

    def _response(self, request: Request, visit: Visit, answer: Answer, headers: dict[str, str]) -> Response:
        body = persons.pretty(answer.body) if persons.asks(request.scope["headers"]) else answer.body
        return Response(body, answer.status, headers, "application/json")

    def _turn(self, request: Request) -> AbstractAsyncContextManager[None]:
        return _turns(request).writing() if self.uploads else nullcontext()

    async def _answer(self, request: Request, request_id: str, headers: dict[str, str], visit: Visit) -> Answer:
        runtime: Runtime = request.app.state.runtime
        docs = runtime.settings.api_base
        try:
            ctx, opened = await self.opened(request, request_id, visit)
            headers["Stripe-Version"] = opened.api_version or versions.LATEST
            traffic: Traffic = request.app.state.traffic
            if traffic.limits(opened):
                kind = kind_of(request.scope["template"], request.method, self.listed)
                visit.place = await traffic.enter(opened, request_id, kind)
                headers |= visit.place.headers
            for value in request.path_params.values():
                if "\x00" in value:  # which no row can hold
                    raise NotFound("object", value.replace("\x00", ""))
            version = headers["Stripe-Version"] = self._version(request, headers["Stripe-Version"])
            params, expand, ctx = await self._params(ctx, request, version, visit)
            visit.ctx = ctx
            if ctx.key:
                headers["Idempotency-Key"] = ctx.key.given
            try:
                async with self._turn(request):
                    answer = await self.call.answer(ctx, params, request.path_params)
            except idempotency.Replay as replay:
                headers["Idempotent-Replayed"] = "true"
                if replay.request_id:
                    headers["Original-Request"] = replay.request_id
                answer = replay.answer
            except Exception:
                visit.undone = self.call.kind == LOCAL
                raise
            finally:
                if self.call.kind != READ:  # a refused payment has its events, too
                    runtime.doorbell.ring("outbox", ctx.env)
            answer = await self._expanded(ctx, request, answer, expand) if expand else answer
            return await _in_version(ctx, request, answer, version, visit)
        except Exception as error:  # every error becomes an answer here, and only here
            known = errors.known(error, request_id, log, undone=visit.undone)
            if isinstance(known, NotFound):
                known = located(known, request.path_params, visit.params)
            headers |= known.headers
            return _readable(request, visit, errors.answered(known, docs))
        finally:
            if visit.place:
                request.app.state.traffic.leave(visit.place)
            if visit.given:
                visit.given.close()

    async def opened(self, request: Request, request_id: str, visit: Visit) -> tuple[Context, Opened]:
        """Who is asking: the key's environment, or an error that says what is wrong with the key."""
        runtime: Runtime = request.app.state.runtime
        text = admission.key_of(request.headers) or await _key_in(request, visit)
        keyring: Keyring = request.app.state.keyring
        caller = callers.caller(request, text, await keyring.open(text))
        visit.ctx = ctx = caller.context(runtime, request_id)
        if caller.key.kind == "restricted":
            visit.granted = caller.key.permissions
        caller.admit(request.scope["template"], request.method, runtime.clock.now(), publishable=self.publishable)
        visit.echoed |= caller.acting
        return ctx, caller.key

    def _version(self, request: Request, default: str) -> str:
        """The version that the request names, else the account's."""
        given = request.headers.get("stripe-version")
        return versions.known(given) if given is not None else default

    async def _params(self, ctx: Context, request: Request, version: str,
                      visit: Visit) -> tuple[dict[str, Any], Trie, Context]:
        """The checked parameters in today's spelling, what to expand, and the context with the idempotency key."""
        given = visit.given
        if given is None:
            given = visit.given = await (_turns(request).read(request) if self.uploads else bodies.given(request))
        visit.raw, visit.json = given.body if given.known else b"", given.json
        return await given.beside(self._understood, ctx, request, version, visit, given)

    def _understood(self, ctx: Context, request: Request, version: str, visit: Visit,
                    given: Given) -> tuple[dict[str, Any], Trie, Context]:
        tree, visit.raw = given.read()
        if ctx.publishable and str(tree.get("key", "")).startswith("pk_"):
            del tree["key"]
        visit.expand = tree.get("expand")
        if request.method == "POST":
            versions.newer(request.scope["template"], tree, version)
        expander: Expander = request.app.state.expander
        expand = expander.plan(tree.pop("expand", None), self.returns, listed=self.listed, version=version)
        if ctx.publishable and expand.keys() - EXPANDED:
            raise InvalidRequest(f"With a publishable key only {', '.join(EXPANDED)} can be expanded.", param="expand")
        tables = self.live_tables[bool(ctx.settings.smtp_host)] if ctx.livemode else (self.params, self.shopper)
        try:
            visit.params = tables[ctx.publishable].parse(tree)
        except InvalidRequest as error:
            template = request.scope["template"]
            fixed = request.app.state.fixed.get(template, frozenset()) if request.method == "POST" else frozenset()
            raise not_yet.told(error, request.method, template, ctx.settings.api_base, fixed) from error
        return visit.params, expand, self._with_key(ctx, request, visit)

    async def _expanded(self, ctx: Context, request: Request, answer: Answer, expand: Trie) -> Answer:
        """The answer with its objects in it; what a key's request was answered is kept, so that a replay is equal."""
        if answer.status != 200:
            return answer
        shape = orjson.loads(answer.body)
        expander: Expander = request.app.state.expander
        await expander.apply(ctx, shape, expand)
        full = answers.of(shape)
        if ctx.key and full.body != answer.body and not self.call.secret:
            return await idempotency.grown(ctx, answer, full)
        return full

    def _with_key(self, ctx: Context, request: Request, visit: Visit) -> Context:
        text = request.headers.get("idempotency-key")
        if request.method != "POST" or self.call.kind == READ or (given := keys.given(text)) is None:
            return ctx
        params = None if self.uploads else visit.params
        return replace(ctx, key=keys.of(given, request.method, request.scope["path"], visit.raw, params, visit.expand,
                                        shopper=ctx.publishable))


def _turns(request: Request) -> Turns:
    turns: Turns = request.app.state.uploads
    return turns


def _readable(request: Request, visit: Visit, answer: Answer) -> Answer:
    """The answer without what a restricted key may not read; what is stored for a replay has all of it."""
    if visit.granted is None:
        return answer
    shape = orjson.loads(answer.body)
    request.app.state.rights.narrow(shape, visit.granted)
    return replace(answer, body=orjson.dumps(shape))


async def _in_version(ctx: Context, request: Request, answer: Answer, version: str, visit: Visit) -> Answer:
    """The answer as `version` shows it; what is stored for a replay stays in the current form."""
    if version == versions.LATEST:
        return _readable(request, visit, answer)
    shape = orjson.loads(answer.body)
    expander: Expander = request.app.state.expander
    for object, name in versions.included(version):
        await expander.include(ctx, versions.objects(shape), object, name)
    if visit.granted is not None:
        request.app.state.rights.narrow(shape, visit.granted)
    return replace(answer, body=orjson.dumps(versions.older(shape, version)))


Routes = dict[str, dict[str, Endpoint]]
"""path -> method -> endpoint"""


def read(handler: Handler, params: Table = _EMPTY, **options: Any) -> Endpoint:
    """An endpoint that changes nothing."""
    return Endpoint(handler, params, **options)


def staged(handler: Handler, params: Table = _EMPTY, **options: Any) -> Endpoint:
    """An endpoint whose verb makes its own commits around a call to the outside."""
    return Endpoint(handler, params, kind=STAGED, **options)


def local(handler: Handler, params: Table = _EMPTY, **options: Any) -> Endpoint:
    """An endpoint whose verb is one transaction."""
    return Endpoint(handler, params, kind=LOCAL, **options)


def narrowed(answer: Answer) -> Answer:
    """What a publishable key may see of an answer, fresh or replayed, object or error."""
    return replace(answer, body=orjson.dumps(published(orjson.loads(answer.body))))


async def _key_in(request: Request, visit: Visit) -> str:
    """The publishable key among the parameters, as browsers send it that need no preflight then."""
    key: Any = None
    if "multipart" not in request.headers.get("content-type", ""):
        visit.given = given = await bodies.given(request)
        key = (await given.beside(given.read))[0].get("key")
    return admission.in_parameters(key, request.app.state.runtime.settings.api_base)
