"""The JSON door: translates between the Stripe-compatible wire format and the backend."""
