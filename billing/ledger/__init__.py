"""The books: chart of accounts, journals that balance, balances.

Owns that debits equal credits. Does not own what is booked: a posting comes from the room whose
fact it is, and no invoice is known here.
"""
