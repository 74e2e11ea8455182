"""The chart of accounts and the posting of every business fact; no code outside this file names two accounts.

Each function returns entries for `pay.ledger_apply`, in the order in which they must be written. Amounts are minor
units. Source: the table "Postings: every business fact" of the money design.
"""

import uuid
from typing import Any

from backend import money

Entry = dict[str, Any]


def authorized(payment_id: str, amount: int, currency: str) -> list[Entry]:
    """An authorisation with manual capture: a hold, which moves pending totals only."""
    return [{"op": "hold", "debit": "acquirer_clearing", "credit": "merchant_pending", "currency": currency,
             "amount": amount, "code": "auth", "ref": payment_id}]


def captured(payment_id: str, amount: int, currency: str, *, from_hold: bool) -> list[Entry]:
    """Money captured and our fee on it; with `from_hold` the hold is posted for that part and the rest released."""
    close = [_close(payment_id, currency, "posted", amount)] if from_hold else []
    group = str(uuid.uuid4())
    capture = {"op": "post", "group": group, "debit": "acquirer_clearing", "credit": "merchant_pending",
               "currency": currency, "amount": amount, "code": "capture", "ref": payment_id}
    return [*close, capture, _fee(payment_id, amount, money.fee(amount, currency), currency, group)]


def _fee(payment_id: str, amount: int, fee: int, currency: str, group: str) -> Entry:
    """The fee of a capture. The charge's own money covers it, unless the sale is smaller than its fee: then the
    draw rule looks further (merchant_available, then merchant_debt)."""
    entry = {"group": group, "credit": "fee_revenue", "currency": currency, "amount": fee, "code": "fee",
             "ref": payment_id}
    if fee <= amount:
        return {"op": "post", "debit": "merchant_pending", **entry}
    return {"op": "draw", "pending": amount, **entry}


def released(payment_id: str, currency: str, *, expired: bool = False) -> list[Entry]:
    """An authorisation undone before capture: the hold is voided, or expired when its window ended."""
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
