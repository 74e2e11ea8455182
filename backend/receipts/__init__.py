"""Receipts for shoppers: what one says, as a page's values, as a letter, and as a PDF."""
