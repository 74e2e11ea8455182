"""What the plain resources share: products, prices, coupons and their like are one table of documents each."""
