"""What a checkout page asks beside the card, for sessions and payment links: parameters, answers, shapes."""
