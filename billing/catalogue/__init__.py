"""What is sold: products, plans, frozen versions, prices, worked cases.

Does not own who has what (contracts), what a price comes to (rating), nor what a version must pass
before it is published (publishing). Knows no customer.
"""
