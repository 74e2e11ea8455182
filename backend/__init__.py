"""What all doors share: the nouns of the business and the tools they stand on; knows no HTTP."""
