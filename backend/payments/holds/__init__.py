"""Money that is held: what may be done with an authorisation that stands, and how each of it ends."""
