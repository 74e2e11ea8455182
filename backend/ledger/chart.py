"""The chart of accounts and the posting of every business fact; no code outside this file names two accounts.

Each function returns entries for `pay.ledger_apply`, in the order in which they must be written. Amounts are minor
units. Source: the table "Postings: every business fact" of the money design.
"""

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
    fee = min(money.fee(amount, currency), money.AMOUNT_MAX)
    return [
        *close,
        {"op": "post", "debit": "acquirer_clearing", "credit": "merchant_pending", "currency": currency,
         "amount": amount, "code": "capture", "ref": payment_id},
        {"op": "draw", "credit": "fee_revenue", "currency": currency, "amount": fee, "pending": amount,
         "code": "fee", "ref": payment_id},
    ]


def released(payment_id: str, currency: str, *, expired: bool = False) -> list[Entry]:
    """An authorisation undone before capture: the hold is voided, or expired when its window ended."""
    return [_close(payment_id, currency, "expired" if expired else "voided", None)]


def _close(payment_id: str, currency: str, status: str, posted: int | None) -> Entry:
    return {"op": "close", "debit": "acquirer_clearing", "credit": "merchant_pending", "currency": currency,
            "code": "auth", "ref": payment_id, "status": status, "posted": posted}
