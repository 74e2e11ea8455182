"""Events: what happened, written with the change itself, and the outbox that carries it onward."""
