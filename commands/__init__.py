"""The operator's door: the command `farthing` and everything that it can do."""
