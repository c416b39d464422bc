"""From usage to an issued invoice: drafting, late usage, bill runs, numbers, documents, proofs.

Owns what is billed when, and that what was billed is closed. Does not own how a price becomes an
amount (rating), which terms hold (contracts), the form of the books (ledger), nor what was paid.
"""
