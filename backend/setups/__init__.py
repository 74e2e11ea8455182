"""Setups: a card is made ready for payments to come, while its holder is here."""
