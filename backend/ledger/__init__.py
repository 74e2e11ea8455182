"""The books: the chart of accounts, the posting of every business fact, and the balances."""
