"""Disputes: a customer asked the bank for the money back, or the issuer warns that one may come."""
