"""Sets up what must stand before the platform's first event: people, customers, meters, prices.

Everything goes through the product's own operations, as staff and partners would do it.
"""
