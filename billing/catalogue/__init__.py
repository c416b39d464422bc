"""What is sold: products, plans, frozen versions, prices, worked cases. Knows no customer."""
