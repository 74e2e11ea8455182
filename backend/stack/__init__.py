"""Runs everything on one machine: the embedded databases, the processes, and the person who watches them."""
