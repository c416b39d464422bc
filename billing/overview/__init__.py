"""What people read across all rooms of billing: accounts, search, history, open work."""
