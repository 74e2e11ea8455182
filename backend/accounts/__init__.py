"""Who uses Farthing: accounts, their environments, their keys and members."""
