"""What is sold, and what is added to it or taken off: products, prices, coupons, tax and shipping rates."""
