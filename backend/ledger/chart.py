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


def _close(payment_id: str, currency: str, status: str, posted: int | None) -> Entry:
    return {"op": "close", "debit": "acquirer_clearing", "credit": "merchant_pending", "currency": currency,
            "code": "auth", "ref": payment_id, "status": status, "posted": posted}
