"""Setups: a card or a bank account is made ready for payments to come, while its holder is here."""
