"""The directory server and the issuer's answer to an authentication request: card ranges, AReq, ARes, results.

Message shapes follow EMV 3-D Secure 2.2.0 (PRes, AReq, ARes, RReq, Erro).
"""

import hashlib
import re
import uuid
from typing import Any
from urllib.parse import urlsplit

import orjson
from starlette.requests import Request
from starlette.responses import Response
from stdnum import luhn

from sandbox.cards import CARDS, brand_of
from sandbox.control import answer
from sandbox.currencies import ALPHA
from sandbox.issuer import proof
from sandbox.transactions import REASON_TECHNICAL, Transaction, Transactions

VERSION = "2.2.0"
BODY_MAX = 64_000
MISSING, INVALID_FORMAT, NOT_VALID = "201", "203", "305"
_REQUIRED = ("threeDSServerTransID", "acctNumber", "purchaseAmount", "purchaseCurrency", "purchaseExponent",
             "merchantName", "notificationURL")
_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?|\[[0-9a-fA-F:]+\](:[0-9]{1,5})?")


class MessageError(Exception):
    """A request that is not a good AReq: (error code of the standard, field, sentence)."""


def origin(url: str) -> str:
    """`scheme://host:port` of an absolute http(s) address; ValueError for anything that is not one."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(parts.netloc) or not url.isascii():
        raise ValueError("not an absolute http(s) address")
    return f"{parts.scheme}://{parts.netloc}"


async def ranges(request: Request) -> Response:
    """GET /3ds/ranges: enrolment by card range (cardRangeData of a PRes); a card in no range is `not_enrolled`."""
    rows = [{"startRange": row.number, "endRange": row.number, "acsStartProtocolVersion": VERSION,
             "acsEndProtocolVersion": VERSION, "acsInfoInd": _acs_info(row.areq), "three_ds": row.three_ds}
            for row in CARDS.values() if row.three_ds != "not_enrolled"]
    return answer(rows)


def _acs_info(areq: str) -> list[str]:
    """acsInfoInd: 01 authentication available, 02 attempts supported by the network."""
    return ["02"] if areq == "A" else [] if areq == "U" else ["01"]


async def authenticate(request: Request) -> Response:
    """POST /3ds/areq: AReq in, ARes out; the same request again gives the same answer."""
    body = await request.body()
    try:
        message = orjson.loads(body) if len(body) <= BODY_MAX else None
        if not isinstance(message, dict):
            raise MessageError(INVALID_FORMAT, "messageType", "The body is not a JSON object of at most 64 kB.")
        one = await _open(request.app.state.transactions, message, request.app.state.secret)
    except orjson.JSONDecodeError:
        return _error(MessageError(INVALID_FORMAT, "messageType", "The body is not JSON."), {})
    except MessageError as error:
        return _error(error, message or {})
    return answer(_ares(one, request.app.state.settings.bank_base))


async def _open(transactions: Transactions, message: dict[str, Any], secret: bytes) -> Transaction:
    values = _checked(message)
    content = hashlib.sha256(orjson.dumps(values, option=orjson.OPT_SORT_KEYS)).hexdigest()
    known = await transactions.by_server_id(values["server_id"])
    if known is not None:
        if known.content != content:
            raise MessageError(NOT_VALID, "threeDSServerTransID", "This id was used for another transaction.")
        return known
    number = values.pop("number")
    row = CARDS.get(number)
    status = row.areq if row else "A"
    ds_id = str(uuid.uuid4())
    return await transactions.open(
        **values, ds_id=ds_id, status=status, value=proof(secret, number, ds_id), last4=number[-4:],
        brand=brand_of(number), version=VERSION, challenge=row.challenge if row else "otp", content=content,
        reason=REASON_TECHNICAL if status == "U" else "")


def _checked(message: dict[str, Any]) -> dict[str, Any]:
    if message.get("messageType") != "AReq":
        raise MessageError(INVALID_FORMAT, "messageType", "Send an AReq.")
    for name in _REQUIRED:
        if message.get(name) in (None, ""):
            raise MessageError(MISSING, name, f"{name} is missing.")
    text = {name: str(message[name]) for name in _REQUIRED}
    try:
        server_id = str(uuid.UUID(text["threeDSServerTransID"]))
    except ValueError:
        raise MessageError(INVALID_FORMAT, "threeDSServerTransID", "threeDSServerTransID is not a UUID.") from None
    if not luhn.is_valid(text["acctNumber"]) or not 13 <= len(text["acctNumber"]) <= 19:
        raise MessageError(INVALID_FORMAT, "acctNumber", "acctNumber is not a card number.")
    for name, longest in (("purchaseAmount", 12), ("purchaseExponent", 1)):
        if not text[name].isascii() or not text[name].isdigit() or len(text[name]) > longest:
            raise MessageError(INVALID_FORMAT, name, f"{name} is not a number.")
    if text["purchaseCurrency"] not in ALPHA:
        raise MessageError(INVALID_FORMAT, "purchaseCurrency", "purchaseCurrency is not an ISO 4217 number.")
    for name in ("notificationURL", "threeDSRequestorURL"):
        if name in message:
            _check_address(name, str(message[name]))
    return {"server_id": server_id, "number": text["acctNumber"], "amount": int(text["purchaseAmount"]),
            "currency": text["purchaseCurrency"], "exponent": int(text["purchaseExponent"]),
            "merchant": text["merchantName"][:40], "notification_url": text["notificationURL"],
            "requestor_url": str(message.get("threeDSRequestorURL", ""))}


def _check_address(name: str, url: str) -> None:
    try:
        origin(url)
    except ValueError:
        raise MessageError(INVALID_FORMAT, name, f"{name} is not an absolute http(s) address.") from None


def _ares(one: Transaction, bank_base: str) -> dict[str, Any]:
    """The first answer stays the same, whatever a challenge brought later: C tells nothing of its end."""
    challenged = one.status == "C" or one.seen or one.interactions or one.cancel
    ares = {"messageType": "ARes", "messageVersion": VERSION, "threeDSServerTransID": one.server_id,
            "acsTransID": one.acs_id, "dsTransID": one.ds_id, "acsReferenceNumber": "NORTHGATE-SANDBOX",
            "dsReferenceNumber": "SANDBOX-DS"}
    if challenged:
        return {**ares, "transStatus": "C", "acsURL": f"{bank_base}/acs/challenge", "acsChallengeMandated": "Y",
                "authenticationType": "03" if one.challenge == "oob" else "02"}
    return {**ares, "transStatus": one.status, "eci": one.eci, **_told(one)}


def _told(one: Transaction) -> dict[str, str]:
    told = {"transStatusReason": one.reason, "authenticationValue": one.told_value}
    return {name: value for name, value in told.items() if value}


async def result(request: Request) -> Response:
    """GET /3ds/results/{threeDSServerTransID}: the RReq, or 404 while the challenge is open or the id unknown."""
    one = await request.app.state.transactions.by_server_id(request.path_params["server_id"])
    if one is None or not one.finished:
        return answer({"error": "No result for this transaction."}, 404)
    rreq = {"messageType": "RReq", "messageVersion": VERSION, "messageCategory": "01",
            "threeDSServerTransID": one.server_id, "acsTransID": one.acs_id, "dsTransID": one.ds_id,
            "transStatus": one.status, "eci": one.eci, **_told(one), "interactionCounter": f"{one.interactions:02}",
            "purchaseAmount": str(one.amount), "purchaseCurrency": one.currency, "acctNumberLast4": one.last4}
    if one.cancel:
        rreq["challengeCancel"] = one.cancel
    return answer(rreq)


def _error(error: MessageError, message: dict[str, Any]) -> Response:
    code, field, sentence = error.args
    return answer({"messageType": "Erro", "messageVersion": VERSION, "errorCode": code, "errorComponent": "D",
                   "errorDescription": sentence, "errorDetail": field, "errorMessageType": "AReq",
                   "threeDSServerTransID": str(message.get("threeDSServerTransID", ""))[:36]}, 400)
