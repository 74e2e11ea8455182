"""Requests as facts: idempotency keys and the stored answers."""
