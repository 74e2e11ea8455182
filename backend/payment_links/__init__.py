"""Payment links: an address that sells the same thing to everybody who opens it, each visit in a session of its own."""
