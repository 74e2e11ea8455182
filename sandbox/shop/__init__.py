"""A merchant's own site, as an example: it knows Farthing by its addresses and a secret key, like any other shop."""
