"""The outside world as a program of its own: acquirers, a card issuer and its 3-D Secure pages."""
