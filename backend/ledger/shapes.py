"""The public object of the balance; pure. Source: the official SDKs' types at 2026-10-28.endive."""

from backend.objects import boolean, hash_of, integer, list_of, string, table, when

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
