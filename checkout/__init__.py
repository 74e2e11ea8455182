"""Door: the shopper's pages at the pay origin; real card inputs that post straight to the vault."""
