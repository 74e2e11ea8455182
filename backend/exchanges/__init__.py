"""Messages to the outside: begun in one commit, sent without any, concluded in another; who dies leaves a question."""
