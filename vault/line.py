"""The vault's end of the private link: trusted callers ask, each frame is answered on its own, in any order."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from backend.cards import bank_accounts, tokens
from backend.crypto import same
from backend.errors import CardError, FarthingError, InvalidRequest
from backend.networks.link import FrameProtocol, hello
from vault import authorize
from vault.parts import Parts
from vault.traces import where

log = structlog.get_logger(__name__)

Frame = dict[str, Any]
HELLO_SECONDS = 5.0


async def ping(parts: Parts, frame: Frame) -> Frame:
    """That the vault hears and answers; whether its database does, its own /readyz says."""
    return {"alive": True}


async def describe(parts: Parts, frame: Frame) -> Frame:
    """What may be shown of a token's card."""
    return await tokens.describe(parts.safe, frame["env"], frame["token"]) or {"found": False}


async def alias(parts: Parts, frame: Frame) -> Frame:
    """A fresh token for a test card's alias; never in live mode."""
    if frame.get("livemode") or parts.settings.live:
        return {"found": False}
    if found := await bank_accounts.keep_alias(parts.safe, frame["env"], frame["account"], frame["name"]):
        return found
    return await tokens.keep_alias(parts.safe, frame["env"], frame["account"], frame["name"],
                                   parts.directory.enrolment, prefix=frame.get("prefix", "pm")) or {"found": False}


async def renew(parts: Parts, frame: Frame) -> Frame:
    """Another expiry for a kept card; `refused` says what is wrong with it."""
    try:
        return await tokens.renew(parts.safe, frame["env"], frame["token"], frame["exp_month"],
                                  frame["exp_year"]) or {"found": False}
    except CardError as error:
        return {"found": True, "refused": {"message": error.message, "code": error.code, "param": error.param}}


async def exchange(parts: Parts, frame: Frame) -> Frame:
    """A payment method for a token; who may spend a token, and how often, the caller decides."""
    return await tokens.exchange(parts.safe, frame["env"], frame["account"], frame["token"],
                                 frame.get("prefix", "pm")) or {"found": False}


async def keep_account(parts: Parts, frame: Frame) -> Frame:
    """Seal a bank account's number, which the caller has checked; its facts and token come back."""
    return await bank_accounts.keep(parts.safe, frame["env"], frame["account"], frame["type"], frame["number"],
                                    frame["said"])


async def authenticate(parts: Parts, frame: Frame) -> Frame:
    """Begin 3-D Secure for one purchase with one token."""
    card = await tokens.use(parts.safe, frame["env"], frame["token"], "authenticate")
    return await parts.directory.authenticate(card, frame)


async def authentication_result(parts: Parts, frame: Frame) -> Frame:
    """How an authentication ended, from the issuer's side."""
    return await parts.directory.result(frame["three_ds_server_trans_id"])


SENDING: dict[str, Callable[[Parts, Frame], Awaitable[Frame]]] = {
    "authorize": authorize.authorize, "increment": authorize.increment, "capture": authorize.capture,
    "void": authorize.void, "refund": authorize.refund, "cancel": authorize.cancel, "debit": authorize.debit,
}
OPERATIONS = SENDING | {
    "ping": ping, "describe": describe, "alias": alias, "exchange": exchange, "renew": renew,
    "keep_account": keep_account, "inquire": authorize.inquire, "echo": authorize.echo,
    "forget_cvc": authorize.forget_cvc,
    "authenticate": authenticate, "authentication_result": authentication_result,
}


class Line:
    """The listener: who is connected, and what is being worked on."""

    def __init__(self, parts: Parts, *, hello_seconds: float = HELLO_SECONDS) -> None:
        self._parts, self._hello_seconds = parts, hello_seconds
        self._hello = hello(parts.link_secret)["hello"]
        self._server: asyncio.Server | None = None
        self._callers: set[FrameProtocol] = set()
        self._working: set[asyncio.Task[None]] = set()
        self._stopping = False

    @property
    def addresses(self) -> list[Any]:
        """The (host, port) pairs listened on."""
        return [found.getsockname() for found in self._server.sockets] if self._server else []

    async def open(self, host: str, port: int) -> None:
        """Listen; raises OSError when the port is taken."""
        self._server = await asyncio.get_running_loop().create_server(
            lambda: _Caller(self._received, self._lost, self._met), host, port, backlog=256)

    async def close(self, seconds: float) -> None:
        """Take no new work, finish what is under way within `seconds`, hang up."""
        self._stopping = True
        if self._server:
            self._server.close()
        if self._working:
            _, late = await asyncio.wait(self._working, timeout=seconds)
            if late:
                log.error("vault_stopped_with_work_in_flight", count=len(late))
        for caller in list(self._callers):
            if caller.transport:
                caller.transport.close()

    def _met(self, caller: FrameProtocol) -> None:
        self._callers.add(caller)
        asyncio.get_running_loop().call_later(self._hello_seconds, self._dismiss, caller)

    def _dismiss(self, caller: FrameProtocol) -> None:
        if not caller.trusted and caller.transport:
            caller.transport.abort()

    def _lost(self, caller: FrameProtocol) -> None:
        self._callers.discard(caller)

    def _received(self, caller: FrameProtocol, frame: Any) -> None:
        if not caller.trusted:
            given = frame.get("hello") if isinstance(frame, dict) else None
            if isinstance(given, str) and same(given, self._hello):
                caller.trusted = True
            else:
                log.warning("vault_stranger_dropped")
                self._dismiss(caller)
            return
        task = asyncio.get_running_loop().create_task(self._serve(caller, frame))
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    async def _serve(self, caller: FrameProtocol, frame: Frame) -> None:
        answer: Frame = {"id": frame.get("id")}
        try:
            answer["ok"] = await self._answer(frame)
        except FarthingError as error:
            answer["error"] = {"code": error.code or error.type, "message": error.message, "param": error.param}
        except KeyError as error:
            answer["error"] = {"code": "parameter_missing", "message": f"Missing {error}.", "param": str(error.args[0])}
        except Exception as error:
            log.error("vault_operation_failed", op=frame.get("op"), error=where(error))
            answer["error"] = {"code": "vault_error", "message": "The vault could not do this; try again.",
                               "param": None}
        try:
            caller.send(answer)
        except ConnectionError:
            log.warning("vault_answer_undeliverable", op=frame.get("op"))

    async def _answer(self, frame: Frame) -> Frame:
        name = frame.get("op")
        operation = OPERATIONS.get(name) if isinstance(name, str) else None
        if operation is None:
            raise InvalidRequest("The vault knows no such operation.", param="op")
        if self._stopping:
            if name in SENDING:
                return authorize.not_sent("the vault is stopping")
            raise InvalidRequest("The vault is stopping.", code="vault_stopping")
        return await operation(self._parts, frame)


class _Caller(FrameProtocol):
    """A FrameProtocol that reports its connection, so that strangers can be timed."""

    def __init__(self, on_frame: Callable[[FrameProtocol, Any], None], on_lost: Callable[[FrameProtocol], None],
                 on_met: Callable[[FrameProtocol], None]) -> None:
        super().__init__(on_frame, on_lost)
        self._on_met = on_met

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._on_met(self)
