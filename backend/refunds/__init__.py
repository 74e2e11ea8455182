"""Refunds: money of a payment on its way back. Their rows stand with payments, whose commits release what was held."""
