"""The issuer: one card and one request in, one response code and the results of the checks out."""

import base64
import hashlib
import hmac
import time
from dataclasses import dataclass

from stdnum import luhn

from sandbox.cards import CARDS, TestCard

APPROVED = "00"
AUTHENTICATION_REQUIRED = "1A"
UNKNOWN_CARD = "N0"
ECI_MERCHANT_INITIATED = "07"


@dataclass(frozen=True, slots=True)
class Request:
    """What the issuer sees of an authorisation. `expiry` is YYMM; `amount` in minor units, zero = save a card."""

    number: str
    expiry: str
    amount: int
    cvc: str = ""
    postal: str = ""
    line1: str = ""
    eci: str = ""
    cavv: str = ""
    ds_id: str = ""


def proof(secret: bytes, number: str, ds_id: str) -> str:
    """The cardholder authentication value: 20 bytes, base64, bound to one card and one 3-D Secure transaction."""
    digest = hmac.new(secret, f"{number}|{ds_id}".encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def decide(request: Request, secret: bytes, now: float | None = None) -> tuple[str, str]:
    """(response code, field 44). Never raises; an unknown card is refused with N0, a wrong number with 14."""
    card = CARDS.get(request.number)
    if card is None:
        return ("N0" if luhn.is_valid(request.number) else "14"), _checks(None, request)
    return _response_code(card, request, secret, now), _checks(card, request)


def _response_code(card: TestCard, request: Request, secret: bytes, now: float | None) -> str:
    if _expired(request.expiry, time.time() if now is None else now):
        return "54"
    if request.cvc and card.cvc_code != APPROVED:
        return card.cvc_code
    if card.needs_cavv and request.amount and not _authenticated(card, request, secret):  # keeping it needs no proof
        # A stated ECI says that 3-D Secure was tried; where its lookup always fails, asking again would not help.
        return card.code if request.eci and card.areq == "U" else AUTHENTICATION_REQUIRED
    return card.code if request.amount else card.verify_code


def _authenticated(card: TestCard, request: Request, secret: bytes) -> bool:
    if card.stored_ok and request.eci == ECI_MERCHANT_INITIATED:
        return True
    return bool(request.cavv) and hmac.compare_digest(request.cavv, proof(secret, request.number, request.ds_id))


def _expired(expiry: str, now: float) -> bool:
    if len(expiry) != 4 or not expiry.isdigit():
        return True
    current = time.gmtime(now)
    return (2000 + int(expiry[:2]), int(expiry[2:])) < (current.tm_year, current.tm_mon)


def _checks(card: TestCard | None, request: Request) -> str:
    """CVC result M, N or U, then the AVS letter: Y both, Z postal only, A line only, N neither, U unavailable.

    Both are U when nothing was sent to check.
    """
    cvc = "U" if not request.cvc else card.cvc if card else "N"
    if not request.postal and not request.line1:
        return cvc + "U"
    postal = "" if not request.postal else card.postal if card else "N"
    line1 = "" if not request.line1 else card.line1 if card else "N"
    if "U" in (postal, line1):
        return cvc + "U"
    return cvc + {(True, True): "Y", (True, False): "Z", (False, True): "A"}.get((postal == "M", line1 == "M"), "N")
