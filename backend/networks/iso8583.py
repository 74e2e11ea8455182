"""The connector that speaks ISO 8583 over TCP; knows money rule 1: no answer is not a failure.

Two lines carry authorisations and money, a third carries what must still flow when those are stuck (bulkhead):
voids, cancels and status enquiries.
"""

from typing import ClassVar

from backend import money
from backend.clock import Clock, SystemClock
from backend.networks import dialect
from backend.networks.dialect import (
    SPEC,
    TAG_CAVV,
    TAG_CVC,
    TAG_DS_ID,
    TAG_ECI,
    TAG_KEY,
    TAG_LINE1,
    TAG_MORE,
    TAG_ORIGINAL,
    TAG_ORIGINAL_CODE,
    TAG_POSTAL,
    TAG_STATUS,
    Fields,
)
from backend.networks.lines import ECHO_SECONDS, Line, NoAnswer, NotSent, log
from backend.networks.port import Answer, Card, Connector, Outcome, Reason, Status, ThreeDSecure

__all__ = ["SPEC", "Iso8583Connector"]

BROKE = frozenset({"91", "96"})
"""Response codes that say "I broke": they may hide an approval."""

REASONS = {
    "01": Reason.CALL_ISSUER, "04": Reason.PICKUP_CARD, "05": Reason.GENERIC, "06": Reason.PROCESSING_ERROR,
    "12": Reason.NOT_ALLOWED, "13": Reason.INVALID_AMOUNT, "14": Reason.INCORRECT_NUMBER,
    "1A": Reason.AUTHENTICATION_REQUIRED, "19": Reason.REENTER, "41": Reason.LOST_CARD, "43": Reason.STOLEN_CARD,
    "51": Reason.INSUFFICIENT_FUNDS, "54": Reason.EXPIRED_CARD, "57": Reason.NOT_ALLOWED, "59": Reason.FRAUDULENT,
    "61": Reason.COUNT_LIMIT, "62": Reason.RESTRICTED_CARD, "65": Reason.VELOCITY, "82": Reason.INCORRECT_CVC,
    "92": Reason.ISSUER_AWAY, "94": Reason.DUPLICATE, "N0": Reason.TEST_CARD_WANTED,
}
"""The response codes of field 39 that refuse. 91 and 96 are not here: they refuse nothing."""
DUPLICATE = "94"
IN_PROGRESS = "09"
AMOUNT_MAX = 999_999_999_999
_PURCHASE, _REFUND = "000000", "200000"
_CHECK = {"M": "pass", "N": "fail", "U": "unavailable"}
# AVS letter: (postal code, address line)
_AVS = {"Y": ("pass", "pass"), "Z": ("pass", "fail"), "A": ("fail", "pass"), "N": ("fail", "fail"),
        "U": ("unavailable", "unavailable")}
_LETTERS = {money.numeric(code): code.upper() for code in sorted(money.CURRENCIES)}


class Iso8583Connector(Connector):
    """One acquirer at one address; connects when first used. See `port.Connector` for what each method promises."""

    takes: ClassVar = frozenset({"card"})

    def __init__(self, name: str, host: str, port: int, *, longest_processing_seconds: float = 30.0,
                 clock: Clock | None = None) -> None:
        self.name = name
        self.longest_processing_seconds = longest_processing_seconds
        clock = clock or SystemClock()
        prefix = dialect.plain(name.upper(), 5)
        self._lines = [Line(name, host, port, f"{prefix}-M{number}", clock) for number in (1, 2)]
        self._side = Line(name, host, port, f"{prefix}-S1", clock)

    async def authorize(self, *, key: str, card: Card, amount: int, currency: str, merchant_id: str,
                        merchant_name: str, three_d_secure: ThreeDSecure | None, capture: bool,
                        deadline: float) -> Answer:
        """0100, or 0200 when `capture`."""
        tags = {TAG_KEY: key}
        if three_d_secure is not None:
            tags[TAG_ECI] = three_d_secure.eci
            tags[TAG_CAVV] = three_d_secure.cavv or ""
            tags[TAG_DS_ID] = three_d_secure.ds_transaction_id or ""
        tags[TAG_CVC] = card.cvc or ""
        tags[TAG_POSTAL] = dialect.plain(card.postal_code or "", 16)
        tags[TAG_LINE1] = dialect.plain(card.line1 or "", 60)
        fields = {"t": "0200" if capture else "0100", "2": card.number, "3": _PURCHASE,
                  "4": _amount(amount), "14": f"{card.exp_year % 100:02}{card.exp_month:02}",
                  "42": dialect.padded(merchant_id, 15), "43": dialect.padded(merchant_name, 40),
                  "48": dialect.write_tags(tags), "49": _number(currency)}
        return await self._ask(self._best_line(), fields, key, deadline, card)

    async def increment(self, *, key: str, original_key: str, amount: int, currency: str, deadline: float) -> Answer:
        """0100 that names the authorisation it raises: the acquirer knows its card."""
        return await self._follow("0100", _PURCHASE, key, original_key, amount, currency, deadline)

    async def capture(self, *, key: str, original_key: str, amount: int, currency: str, final: bool = True,
                      deadline: float) -> Answer:
        """0220; a tag says that others follow."""
        more = {} if final else {TAG_MORE: "1"}
        return await self._follow("0220", _PURCHASE, key, original_key, amount, currency, deadline, tags=more)

    async def void(self, *, key: str, original_key: str, amount: int, currency: str, deadline: float) -> Answer:
        """0400, on the side line."""
        return await self._follow("0400", _PURCHASE, key, original_key, amount, currency, deadline, self._side)

    async def refund(self, *, key: str, original_key: str, amount: int, currency: str, deadline: float) -> Answer:
        """0200 with processing code 200000."""
        return await self._follow("0200", _REFUND, key, original_key, amount, currency, deadline)

    async def cancel(self, *, key: str, original_key: str, deadline: float) -> Answer:
        """0420, on the side line."""
        fields = {"t": "0420", "48": dialect.write_tags({TAG_KEY: key, TAG_ORIGINAL: original_key})}
        return await self._ask(self._side, fields, key, deadline)

    async def inquire(self, *, key: str, deadline: float, at: str = "") -> Status:
        """0600, on the side line; `no_answer` for anything that cannot be trusted."""
        fields = {"t": "0600", "48": dialect.write_tags({TAG_ORIGINAL: key})}
        try:
            answer = await self._side.exchange(fields, deadline)
            tags = dialect.read_tags(answer.get("48", ""))
        except (NotSent, NoAnswer, ValueError) as error:
            log.info("status_enquiry_without_answer", connector=self.name, key=key[:12], reason=str(error))
            return Status("no_answer")
        if answer["t"] != "0610" or answer.get("39") != "00" or tags.get(TAG_ORIGINAL) != key:
            return Status("no_answer")
        return _status(answer, tags)

    async def echo(self) -> bool:
        """0800."""
        try:
            answer = await self._best_line().exchange({"t": "0800", "70": "301"}, ECHO_SECONDS)
        except (NotSent, NoAnswer):
            return False
        return answer["t"] == "0810" and answer.get("39") == "00"

    async def close(self) -> None:
        """Hang up all lines."""
        for line in (*self._lines, self._side):
            await line.close()

    # ---- one exchange

    def _best_line(self) -> Line:
        first, second = self._lines
        return first if first.load <= second.load else second

    async def _follow(self, mti: str, processing: str, key: str, original_key: str, amount: int, currency: str,
                      deadline: float, line: Line | None = None, tags: Fields | None = None) -> Answer:
        fields = {"t": mti, "3": processing, "4": _amount(amount), "49": _number(currency),
                  "48": dialect.write_tags({TAG_KEY: key, TAG_ORIGINAL: original_key, **(tags or {})})}
        return await self._ask(line or self._best_line(), fields, key, deadline)

    async def _ask(self, line: Line, fields: Fields, key: str, deadline: float, card: Card | None = None) -> Answer:
        if not 0 < len(key) <= 64 or not key.isascii():
            raise ValueError("a network key has 1 to 64 ASCII characters")
        try:
            answer = await line.exchange(fields, deadline)
        except NotSent as error:
            return Answer(Outcome.NOT_SENT, reason=str(error), sick=True)
        except NoAnswer as error:
            return Answer(Outcome.UNKNOWN, reason=str(error), sick=True)
        return self._judge(fields, answer, key, card)

    def _judge(self, sent: Fields, answer: Fields, key: str, card: Card | None) -> Answer:
        """An answer counts only if it is the answer to this message, for this money (money rule 1)."""
        code = answer.get("39")
        try:
            tags = dialect.read_tags(answer.get("48", ""))
        except ValueError:
            tags = {}
        if (tags.get(TAG_KEY) != key or answer.get("4") != sent.get("4") or answer.get("49") != sent.get("49")
                or answer["t"][:2] != sent["t"][:2] or answer["t"][2] != chr(ord(sent["t"][2]) + 1) or not code):
            log.error("acquirer_answer_does_not_match", connector=self.name, key=key[:12], response_code=code)
            return Answer(Outcome.UNKNOWN, response_code=code, reason="the answer does not match the message",
                          sick=True)
        if code in BROKE:
            return Answer(Outcome.UNKNOWN, response_code=code, reason="the acquirer reported its own failure",
                          sick=True)
        if code == DUPLICATE and tags.get(TAG_STATUS) not in ("tombstone", "declined", "reversed"):
            # The key already stands for another message, and that one may have moved money.
            return Answer(Outcome.UNKNOWN, response_code=code, reason="the key is in use for another message")
        if code == IN_PROGRESS and sent.get("3") == _REFUND:
            return Answer(Outcome.PENDING, code, answer.get("37"), reason="the acquirer decides later")
        if code == IN_PROGRESS:
            return Answer(Outcome.UNKNOWN, response_code=code, reason="the acquirer has not decided")
        if code == "00" and "37" not in answer:
            return Answer(Outcome.UNKNOWN, response_code=code, reason="approved without a reference", sick=True)
        return _told(answer, code, card)


def _told(answer: Fields, code: str, card: Card | None) -> Answer:
    cvc = postal = line1 = None
    checks = answer.get("44", "")
    if card is not None and len(checks) >= 2:
        avs = _AVS.get(checks[1], _AVS["U"])
        cvc = _CHECK.get(checks[0]) if card.cvc else None
        postal = avs[0] if card.postal_code else None
        line1 = avs[1] if card.line1 else None
    outcome = Outcome.APPROVED if code == "00" else Outcome.DECLINED
    return Answer(outcome, code, answer.get("37"), answer.get("38"), answer.get("63"), cvc, postal, line1, sick=False,
                  why=_reason(code) if outcome is Outcome.DECLINED else None)


def _reason(code: str | None) -> Reason:
    return REASONS.get(code or "", Reason.OTHER)


def _status(answer: Fields, tags: Fields) -> Status:
    found = tags.get(TAG_STATUS, "")
    if found not in ("approved", "declined", "reversed", "tombstone", "not_found", "pending", "returned"):
        return Status("no_answer")
    amount = answer.get("4", "")
    return Status(found, int(amount) if amount.isdigit() else None, _LETTERS.get(answer.get("49", "")),
                  answer.get("37"), answer.get("38"), tags.get(TAG_ORIGINAL_CODE),
                  _reason(tags.get(TAG_ORIGINAL_CODE)) if found in ("declined", "returned") else None)


def _amount(amount: int) -> str:
    if not 0 <= amount <= AMOUNT_MAX:
        raise ValueError("an amount has at most twelve digits and is not negative")
    return f"{amount:012}"


def _number(currency: str) -> str:
    try:
        return money.numeric(currency)
    except KeyError:
        raise ValueError(f"unknown currency: {currency}") from None
