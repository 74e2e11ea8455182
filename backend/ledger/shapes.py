"""The public objects of a merchant's money: the balance and what moved it; pure.

Source: the Balance and BalanceTransaction types of the official SDKs at 2026-10-28.endive.
"""

from datetime import datetime, timedelta
from typing import Any

from backend.objects import (
    boolean,
    enum,
    expandable,
    hash_of,
    integer,
    list_of,
    map_of,
    null,
    number,
    of,
    string,
    table,
    time,
    when,
)

Row = dict[str, Any]

_AMOUNTS = list_of(hash_of({
    "amount": integer, "currency": string,
    "source_types": when(hash_of({name: when(integer) for name in ("bank_account", "card")}))}))
BALANCE = table("balance", "What the merchant has, in each currency: free to be paid out, and not yet.", {
    "available": _AMOUNTS,
    "connect_reserved": when(_AMOUNTS),
    "instant_available": when(_AMOUNTS),
    "issuing": when(hash_of({"available": _AMOUNTS})),
    "livemode": boolean,
    "pending": _AMOUNTS,
    "refund_and_dispute_prefunding": when(hash_of({"available": _AMOUNTS, "pending": _AMOUNTS})),
}, id=False)
BALANCE_TRANSACTION = table("balance_transaction", "One movement of a merchant's balance.", {
    "amount": integer,
    "available_on": time,
    "balance_type": enum("issuing", "payments", "refund_and_dispute_prefunding", "risk_reserved"),
    "created": of("created_at", time),
    "currency": string,
    "description": null(string),
    "exchange_rate": null(number),
    "fee": integer,
    "fee_details": list_of(hash_of({"amount": integer, "application": null(string), "currency": string,
                                    "description": null(string), "type": string})),
    "net": integer,
    "reporting_category": string,
    "source": null(expandable("charge", "refund")),
    "status": enum("available", "pending"),
    "type": string,
})
EXCHANGE_RATE = table("exchange_rate", "What one unit of a currency is worth in the others, in the sandbox.", {
    "rates": map_of(number)})

TYPES = {
    "capture": ("charge", "charge"), "refund": ("refund", "refund"), "refund_reversal": ("refund_failure",) * 2,
    "payout": ("payout", "payout"), "transfer_out": ("transfer", "transfer"),
    "transfer_in": ("transfer", "transfer"),
}
"""Posting code -> (type, reporting category); everything else is an adjustment."""
OTHER = ("adjustment", "other_adjustment")
_KINDS = {"capture": "1", "refund": "2", "refund_reversal": "3"}


def id_of(code: str, source: str) -> str:
    """The id of the transaction that a posting made of an object: it follows from the object's own id.

    So a charge names its transaction before the database has numbered any transfer, and nothing needs to be stored.
    """
    return f"txn_{_KINDS[code]}{source.partition('_')[2]}"


def sources_of(id: str) -> tuple[str, tuple[str, ...]]:
    """The posting code that an id names and the ids of the objects that it may come from; ("", …) for other ids.

    The id of a fact without an object of its own ends in the hexadecimal id of its transfer.
    """
    kind, body = id[4:5], id[5:]
    code = next((code for code, digit in _KINDS.items() if digit == kind and id.startswith("txn_")), "")
    return code, (f"ch_{body}", f"py_{body}") if code == "capture" else (f"re_{body}",) if code else (body,)


def balance_transaction(row: Row, *, now: datetime, delay: timedelta) -> Row:
    """The BalanceTransaction object of a row of the view; `delay` is how long captured money stays pending."""
    code, ref = row["code"], row["ref_id"]
    source = row["charge_id"] if code == "capture" else ref
    kind, category = TYPES.get(code, OTHER)
    due = _due(row, delay)
    fees = [{"amount": row["fee"], "application": None, "currency": row["currency"],
             "description": "Processing fee", "type": "stripe_fee"}] if row["fee"] else []
    return BALANCE_TRANSACTION.render(
        row, id=id_of(code, source) if code in _KINDS and source else f"txn_0{row['id'].replace('-', '')}",
        available_on=int(due.timestamp()), balance_type="payments", fee_details=fees, reporting_category=category,
        source=source if "_" in (source or "") else None, type=kind,
        status="pending" if row["matures"] and not row["available_at"] and due > now else "available")


def _due(row: Row, delay: timedelta) -> datetime:
    """When the money is, or was, available."""
    if row["matures"] is None:
        return datetime.fromisoformat(row["created_at"])
    due = datetime.fromisoformat(row["matures"]) + delay
    return min(due, datetime.fromisoformat(row["available_at"])) if row["available_at"] else due
