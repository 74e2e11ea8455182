"""Door: the merchant's pages: sign in, payments, developers, and the documentation."""
