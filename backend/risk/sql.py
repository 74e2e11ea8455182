"""Statements of the brake. In a payment's own commits it is counted by `pay.payment_commit`."""

APPLY = "pay.brake_apply(%s, %s::jsonb)"

BRAKED = "ZZ007"
"""SQLSTATE: the try may not begin."""
AUTHENTICATE = "ZZ008"
"""SQLSTATE: the try may begin once its cardholder is authenticated."""

SPENT = """
SELECT greatest(ceil(extract(epoch FROM ends_at - now())), 1)::int AS seconds FROM pay.brake
 WHERE env = %s AND kind = %s AND key = %s AND ends_at > now() AND declined >= %s + approved / 5
"""
ALARM = "SELECT declined, alarm_until FROM pay.brake WHERE env = %s AND kind = 'merchant' AND alarm_until > now()"
FORGET = "pay.brakes_forget()"
