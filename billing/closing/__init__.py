"""The close: revenue in the month it is earned, five totals, signatures, locks, exports.

Owns when revenue is recognised and whether a month may be locked. Does not own what is billed,
paid or booked: it reads those rooms, and books through the ledger.
"""
