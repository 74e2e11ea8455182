"""Payments: intents, the attempts made at acquirers for them, their charges and 3-D Secure authentications."""
