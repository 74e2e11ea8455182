"""Authentications: an issuer asks its cardholder before a card pays or is kept, and we ask it how that ended."""
