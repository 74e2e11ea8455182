"""Statements of the ledger. Writing happens in `pay.ledger_apply` alone."""

BALANCES = """
SELECT a.kind, a.currency, sum(a.credits - a.debits)::bigint AS net, sum(a.pending_debits)::bigint AS held
  FROM pay.account a WHERE a.env = %s AND a.kind IN ('merchant_pending', 'merchant_available', 'merchant_debt')
 GROUP BY a.kind, a.currency ORDER BY a.currency
"""
"""Merchant-facing accounts of one environment; net is credits - debits in minor units."""
