"""Reconciliation: what is uncertain is settled by asking, never by guessing."""
