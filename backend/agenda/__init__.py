"""The agenda: which environments have which work, asked of all nouns at once."""
