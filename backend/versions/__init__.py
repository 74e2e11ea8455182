"""API versions: one current shape; every older version is the current one with a chain of small changes undone."""
