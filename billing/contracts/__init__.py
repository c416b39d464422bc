"""Who has what on which terms: subscriptions, the versions that hold for them, agreed prices.

Does not own the offers themselves (catalogue), nor an amount: nothing here is rated.
"""
