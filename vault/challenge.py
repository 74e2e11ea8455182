"""3-D Secure seen from the server: which cards take part, the authentication request, and the result we believe.

Message names and fields are those of EMV 3-D Secure 2.2 (AReq, ARes, RReq). What the browser brings back is never
asked: the result is fetched by our own transaction id (attack A15).
"""

import asyncio
import re
from bisect import bisect_right
from datetime import UTC
from typing import Any

import httpx2
import structlog

from backend import money
from backend.cards.tokens import Opened
from backend.clock import Clock
from backend.errors import ApiError, InvalidRequest
from backend.networks import connections

log = structlog.get_logger(__name__)

NOT_ENROLLED = "not_enrolled"
_ENROLMENTS = frozenset({"required", "required_on_setup", "set_up", "optional", "not_enrolled", "not_supported"})
_REFRESH_SECONDS, _RETRY_SECONDS = 300.0, 2.0
_FIRST_TRIES, _FIRST_STEP_SECONDS = 50, 0.1
_TIMEOUT = httpx2.Timeout(10.0, connect=2.0)
_WIDTH = 19
_ID = re.compile(r"[0-9a-fA-F-]{36}")
# What the checkout sends -> the standard's field.
_BROWSER = {
    "accept": "browserAcceptHeader", "color_depth": "browserColorDepth", "ip": "browserIP",
    "java_enabled": "browserJavaEnabled", "javascript_enabled": "browserJavascriptEnabled",
    "language": "browserLanguage", "screen_height": "browserScreenHeight", "screen_width": "browserScreenWidth",
    "timezone_offset": "browserTZ", "user_agent": "browserUserAgent",
}


class Directory:
    """The directory server: one pooled client, and the card ranges that it published last."""

    def __init__(self, base: str, clock: Clock) -> None:
        self._client = connections.client(base, _TIMEOUT)
        self._clock = clock
        self._starts: list[str] = []
        self._ranges: list[tuple[str, str, str]] = []

    def enrolment(self, number: str) -> str:
        """How a number takes part in 3-D Secure; `not_enrolled` while no ranges are known."""
        padded = number.ljust(_WIDTH, "0")
        place = bisect_right(self._starts, padded) - 1
        if place < 0:
            return NOT_ENROLLED
        start, end, enrolment = self._ranges[place]
        return enrolment if start <= padded <= end else NOT_ENROLLED

    async def load(self, *, quiet: bool = False) -> bool:
        """Fetch the ranges; on failure the old ones stay and the answer is False."""
        try:
            answer = await self._client.get("/3ds/ranges")
            answer.raise_for_status()
            found = sorted(_range(item) for item in _items(answer.json()))
        except (httpx2.HTTPError, ValueError, KeyError, TypeError) as error:
            if not quiet:
                log.warning("three_ds_ranges_unavailable", error=type(error).__name__)
            return False
        self._starts, self._ranges = [start for start, _, _ in found], found
        return True

    async def load_first(self) -> None:
        """Wait a little for a network that starts together with the vault; without it cards count as not enrolled."""
        for _ in range(_FIRST_TRIES):
            if await self.load(quiet=True):
                return
            await asyncio.sleep(_FIRST_STEP_SECONDS)

    async def keep_fresh(self) -> None:
        """Fetch the ranges for ever: every five minutes, sooner after a failure."""
        while True:
            await asyncio.sleep(_REFRESH_SECONDS if self._ranges else _RETRY_SECONDS)
            await self.load()

    async def authenticate(self, card: Opened, frame: dict[str, Any]) -> dict[str, Any]:
        """Send the AReq for one purchase; `trans_status` U when nobody answers it sensibly."""
        try:
            answer = await self._client.post("/3ds/areq", json=_areq(card, frame, self._clock))
            answer.raise_for_status()
            ares = answer.json()
            if ares["messageType"] != "ARes" or ares["threeDSServerTransID"] != frame["three_ds_server_trans_id"]:
                raise ValueError("the answer belongs to another request")
        except (httpx2.HTTPError, ValueError, KeyError, TypeError) as error:
            log.warning("three_ds_unavailable", error=type(error).__name__)
            ares = {"transStatus": "U"}
        return {
            "trans_status": ares["transStatus"], "eci": ares.get("eci"), "cavv": ares.get("authenticationValue"),
            "ds_transaction_id": ares.get("dsTransID"), "acs_transaction_id": ares.get("acsTransID"),
            "acs_url": ares.get("acsURL"), "message_version": ares.get("messageVersion"),
            "reason": ares.get("transStatusReason"),
        }

    async def result(self, three_ds_server_trans_id: str) -> dict[str, Any]:
        """The finished authentication as the issuer reported it. Raises ApiError while the network is away."""
        if not _ID.fullmatch(three_ds_server_trans_id):
            raise InvalidRequest("A 3-D Secure transaction id is a UUID.", param="three_ds_server_trans_id")
        try:
            answer = await self._client.get(f"/3ds/results/{three_ds_server_trans_id}")
            if answer.status_code == 404:
                return {"finished": False}
            answer.raise_for_status()
            rreq = answer.json()
            if rreq["threeDSServerTransID"] != three_ds_server_trans_id:
                raise ValueError("the result belongs to another transaction")
            return _result(rreq)
        except (httpx2.HTTPError, ValueError, KeyError, TypeError) as error:
            log.warning("three_ds_result_unavailable", error=type(error).__name__)
            raise ApiError("The 3-D Secure result could not be fetched; try again.", code="network_away") from None

    async def close(self) -> None:
        await self._client.aclose()


def _items(body: Any) -> list[dict[str, Any]]:
    """The ranges as a bare list or inside a PRes."""
    found: list[dict[str, Any]] = body if isinstance(body, list) else body["cardRangeData"]
    return found


def _range(item: dict[str, Any]) -> tuple[str, str, str]:
    enrolment = item["three_ds"]
    if enrolment not in _ENROLMENTS:
        raise ValueError("unknown enrolment")
    return str(item["startRange"]).ljust(_WIDTH, "0"), str(item["endRange"]).ljust(_WIDTH, "9"), enrolment


def _areq(card: Opened, frame: dict[str, Any], clock: Clock) -> dict[str, Any]:
    browser = frame.get("browser") or {}
    currency = frame["currency"]
    return {
        "messageType": "AReq", "messageVersion": "2.2.0", "messageCategory": "01", "deviceChannel": "02",
        "threeDSServerTransID": frame["three_ds_server_trans_id"], "acctNumber": card.number,
        "cardExpiryDate": f"{card.exp_year % 100:02d}{card.exp_month:02d}",
        "purchaseAmount": str(frame["amount"]), "purchaseCurrency": money.numeric(currency),
        "purchaseExponent": str(money.exponent(currency)),
        "purchaseDate": clock.now().astimezone(UTC).strftime("%Y%m%d%H%M%S"),
        "merchantName": frame["merchant_name"], "mcc": "5999", "notificationURL": frame["notification_url"],
        "threeDSRequestorChallengeInd": frame.get("challenge_indicator") or "01",
        **({"threeDSRequestorURL": frame["requestor_url"]} if frame.get("requestor_url") else {}),
        **{_BROWSER.get(name, name): value for name, value in browser.items()
           if name in _BROWSER or name.startswith("browser")},
    }


def _result(rreq: dict[str, Any]) -> dict[str, Any]:
    numeric = str(rreq["purchaseCurrency"]).zfill(3)
    return {
        "finished": True, "trans_status": rreq["transStatus"], "eci": rreq.get("eci"),
        "cavv": rreq.get("authenticationValue"), "ds_transaction_id": rreq.get("dsTransID"),
        "acs_transaction_id": rreq.get("acsTransID"), "amount": int(rreq["purchaseAmount"]),
        "currency": next((code for code in money.CURRENCIES if money.numeric(code) == numeric), None),
        "last4": rreq.get("acctNumberLast4"), "reason": rreq.get("transStatusReason"),
        "canceled": rreq.get("challengeCancel") == "01",
    }
