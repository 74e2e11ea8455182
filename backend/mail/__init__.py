"""Mails to people: drafted in the commit of what they tell of, sent by the worker, each for one reason once."""
