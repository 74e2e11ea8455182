"""The vault: the only process that sees a card number. Tokens come out, messages to acquirers go out, no more."""
