"""Risk: what keeps strangers from trying stolen cards on a merchant's pages."""
