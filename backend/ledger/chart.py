"""The chart of accounts and the posting of every business fact; no code outside this file names two accounts.

Each function returns entries for `pay.ledger_apply`, in the order in which they must be written. Amounts are minor
units. Source: the table "Postings: every business fact" of the money design.
"""

import uuid
from typing import Any

from backend import money

Entry = dict[str, Any]

_DRAWN_LEGS = 3
"""How many legs a drawn fee has at most: one for each source of the draw rule."""


def authorized(payment_id: str, amount: int, currency: str) -> list[Entry]:
    """An authorisation with manual capture: a hold, which moves pending totals only."""
    return [{"op": "hold", "debit": "acquirer_clearing", "credit": "merchant_pending", "currency": currency,
             "amount": amount, "code": "auth", "ref": payment_id}]


def incremented(payment_id: str, amount: int, currency: str) -> list[Entry]:
    """An authorisation raised by `amount`: one more hold, under the next leg."""
    return [entry | {"more": True} for entry in authorized(payment_id, amount, currency)]


def captured(payment_id: str, amount: int, currency: str, *, from_hold: bool, before: int = 0, turn: int = 0,
             final: bool = True, at_once: bool = False) -> list[Entry]:
    """Money captured and our fee on it; with `from_hold` the holds are posted for that part and the rest released.

    A payment may be captured in parts: `before` was taken by earlier ones, `turn` is another number for each part (0
    for the first), and unless `final` the rest stays held. With `at_once` what is left of the fee does not wait.
    """
    close = [_close(payment_id, currency, "posted", amount) | ({} if final else {"keep": True})] if from_hold else []
    group, leg = str(uuid.uuid4()), turn * _DRAWN_LEGS
    fee = money.fee(before + amount, currency) - (money.fee(before, currency) if before else 0)
    capture = {"op": "post", "group": group, "debit": "acquirer_clearing", "credit": "merchant_pending",
               "currency": currency, "amount": amount, "code": "capture", "ref": payment_id, "leg": leg}
    free = {"op": "post", "group": str(uuid.uuid4()), "debit": "merchant_pending", "credit": "merchant_available",
            "currency": currency, "amount": amount - fee, "code": "available", "ref": payment_id, "leg": turn}
    return [*close, capture, *_fee(payment_id, amount, fee, currency, group, leg),
            *([free] if at_once and fee < amount else [])]


def _fee(payment_id: str, amount: int, fee: int, currency: str, group: str, leg: int) -> list[Entry]:
    """The fee of a capture. The charge's own money covers it, unless the sale is smaller than its fee: then the
    draw rule looks further (merchant_available, then merchant_debt). The fee of a small later part may be nothing."""
    entry = {"group": group, "credit": "fee_revenue", "currency": currency, "amount": fee, "code": "fee",
             "ref": payment_id, "leg": leg}
    if not fee:
        return []
    if fee <= amount:
        return [{"op": "post", "debit": "merchant_pending", **entry}]
    return [{"op": "draw", "pending": amount, **entry}]


def released(payment_id: str, currency: str, *, expired: bool = False) -> list[Entry]:
    """What is held and was not captured is given free: the holds are voided, or expired when the window ended."""
    return [_close(payment_id, currency, "expired" if expired else "voided", None)]


def refund_held(refund_id: str, payment_id: str, amount: int, currency: str) -> list[Entry]:
    """A refund before it is sent: one hold per source of the draw rule, as far as the balance goes (else ZZ005)."""
    return [{"op": "draw_hold", "of": payment_id, "credit": "acquirer_clearing", "currency": currency,
             "amount": amount, "code": "refund", "ref": refund_id}]


def refund_closed(refund_id: str, currency: str, *, posted: bool) -> list[Entry]:
    """The end of a refund's holds: the money left, or it surely did not."""
    return [{"op": "close_drawn", "group": str(uuid.uuid4()), "credit": "acquirer_clearing", "currency": currency,
             "code": "refund", "ref": refund_id, "status": "posted" if posted else "voided"}]


def refund_returned(refund_id: str, amount: int, currency: str) -> list[Entry]:
    """A refund that had left came back from the card's bank: the merchant has the money again."""
    return [{"op": "post", "group": str(uuid.uuid4()), "debit": "acquirer_clearing", "credit": "merchant_available",
             "currency": currency, "amount": amount, "code": "refund_reversal", "ref": refund_id}]


def _close(payment_id: str, currency: str, status: str, posted: int | None) -> Entry:
    return {"op": "close", "debit": "acquirer_clearing", "credit": "merchant_pending", "currency": currency,
            "code": "auth", "ref": payment_id, "status": status, "posted": posted}
