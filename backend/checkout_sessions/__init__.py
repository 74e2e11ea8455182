"""Checkout sessions: one purchase offered on a hosted page, paid at most once."""
