"""Webhooks: the merchant's endpoints, and the delivery of events to them."""
