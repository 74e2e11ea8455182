"""Statements of the ledger. Writing happens in `pay.ledger_apply` alone."""

from backend.pages import Listing

BALANCES = """
SELECT a.kind, a.currency, sum(a.credits - a.debits)::bigint AS net, sum(a.pending_debits)::bigint AS held
  FROM pay.account a WHERE a.env = %s AND a.kind IN ('merchant_pending', 'merchant_available', 'merchant_debt')
 GROUP BY a.kind, a.currency ORDER BY a.currency
"""
"""Merchant-facing accounts of one environment; net is credits - debits in minor units."""
CURRENCY = "SELECT a.currency FROM core.environment e JOIN core.account a ON a.id = e.account_id WHERE e.id = %s"
"""The currency of the account, in which it has nothing when it has nothing."""

RELEASE = "pay.funds_mature(%s, %s, %s, %s)"


def _transfers(prefix: str = "") -> str:
    """The transfers that transactions of these sources begin with; see `balance_transactions._sources`."""
    return f"""
    SELECT t.id FROM pay.charge c JOIN pay.transfer t ON (t.env, t.ref_id) = (c.env, c.payment_id)
     WHERE c.env = %(env)s AND c.id = ANY(%({prefix}capture)s) AND c.captured AND t.code = 'capture' AND t.leg = 0
     UNION ALL SELECT t.id FROM pay.transfer t
     WHERE t.env = %(env)s AND t.code = 'refund' AND t.ref_id = ANY(%({prefix}refund)s) AND t.leg = 0
     UNION ALL SELECT t.id FROM pay.transfer t
     WHERE t.env = %(env)s AND t.code = 'refund_reversal' AND t.ref_id = ANY(%({prefix}refund_reversal)s) AND t.leg = 0
     UNION ALL SELECT unnest(%({prefix}transfers)s::uuid[])"""  # noqa: S608 - prefixes are constants


_BASE = "SELECT to_jsonb(b) AS row FROM pay.balance_transaction b WHERE b.env = %(env)s"
TRANSACTIONS = f"{_BASE} AND b.id = ANY(ARRAY({_transfers()}))"
TRANSACTION_FIND = Listing(
    _BASE, "", "b", ("id",), {
        "currency": "b.currency = %(currency)s", "codes": "b.code = ANY(%(codes)s)",
        "not_codes": "NOT b.code = ANY(%(not_codes)s)",
        "of_charge": "b.code = 'capture' AND b.ref_id = (SELECT c.payment_id FROM pay.charge c "
                     "WHERE c.env = %(env)s AND c.id = %(of_charge)s AND c.captured)",
        "of_other": "b.code <> 'capture' AND b.ref_id = %(of_other)s"},
    cursors={"after": _transfers("after_"), "before": _transfers("before_")})
"""Walks the transfers by their ids, which sort by time."""
