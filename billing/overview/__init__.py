"""What people read across all rooms of billing: accounts, search, history, open work.

Owns read shapes only. No rule, no table and no write: what it shows is asked of the rooms below.
"""
