"""The vault's own noun: card numbers, their keys and tokens. Only the vault process may import it."""
